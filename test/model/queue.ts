/**
 * BullMQ as the model has it, by what it promises and by what it does not: a job may be delivered twice, be lost, be late; a
 * worker that does not renew its lock loses the job to another and is not told. What workers/consume.ts makes of an outcome is
 * done here.
 */
import { assertNever, NodeyardError } from '../../src/errors.js';
import type { Operation } from '../../src/node/lifecycle.js';
import type { Outcome } from '../../src/operations/outcome.js';
import { type JobQueues, jobIdOf } from '../../src/queue/jobs.js';
import { QUEUE_NAMES } from '../../src/queue/names.js';
import type { ModelProcess } from './process.js';

export interface ModelJob {
  readonly id: string;
  readonly operation: Operation;
  readonly data: unknown;
  readonly addedAt: number;
  state: 'waiting' | 'active' | 'delayed' | 'completed' | 'failed';
  dueAt: number;
  token: string;
  holder: ModelProcess | undefined;
  /** When the lock of a holder that does not renew it is found to have ended. */
  lockedUntil: number;
  stalls: number;
  deliveries: number;
}

const LOCK_MS = 30_000;
const MAX_STALLS = 3;
const UNFORESEEN_DELAY_MS = 5_000;

export class ModelQueue implements Pick<JobQueues, 'add' | 'isAlive' | 'giveBack'> {
  readonly #now: () => number;
  readonly #jobs = new Map<string, ModelJob>();
  #tokens = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get jobs(): readonly ModelJob[] {
    return [...this.#jobs.values()];
  }
  /** Those that a worker could take now. */
  get waiting(): readonly ModelJob[] {
    this.#turn();
    return this.jobs.filter(({ state }) => state === 'waiting');
  }
  get active(): readonly ModelJob[] {
    return this.jobs.filter(({ state }) => state === 'active');
  }
  /** When something happens by itself; undefined: never. */
  get nextAt(): number | undefined {
    const delayed = this.jobs.filter(({ state }) => state === 'delayed').map(({ dueAt }) => dueAt);
    const dead = this.active.filter(({ holder }) => holder?.awake !== true);
    const times = [...delayed, ...dead.map(({ lockedUntil }) => lockedUntil)];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async add(operation: Operation, nodeId: string, generation: number): Promise<string> {
    return this.put(operation, jobIdOf(operation, nodeId, generation), { v: 1, nodeId });
  }

  /** A job whose id is still kept is silently ignored. */
  put(operation: Operation, id: string, data: unknown): string {
    if (!this.#jobs.has(id)) {
      const times = { addedAt: this.#now(), dueAt: 0, lockedUntil: 0 };
      const fresh = { state: 'waiting', token: '', holder: undefined, stalls: 0, deliveries: 0 } as const;
      this.#jobs.set(id, { id, operation, data, ...times, ...fresh });
    }
    return id;
  }

  async isAlive(_: Operation, jobId: string): Promise<boolean> {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return false;
    return job.state === 'active' ? this.#isLocked(job) : job.state !== 'completed' && job.state !== 'failed';
  }

  async giveBack(queueName: string, jobId: string, token: string): Promise<boolean> {
    const job = this.#jobs.get(jobId);
    if (job === undefined || QUEUE_NAMES[job.operation] !== queueName) return false;
    if (job.state !== 'active' || job.token !== token) return false;
    job.state = 'waiting';
    return true;
  }

  /** Gives a waiting job to a worker. */
  deliver(job: ModelJob, holder: ModelProcess): void {
    this.#tokens += 1;
    Object.assign(job, { state: 'active', holder, token: `token-${this.#tokens}` });
    job.lockedUntil = this.#now() + LOCK_MS;
    job.deliveries += 1;
  }

  /** What the handler has come to. A worker that has lost the job meanwhile changes nothing. */
  conclude(job: ModelJob, token: string, outcome: Outcome): void {
    if (job.state !== 'active' || job.token !== token) return;
    switch (outcome.kind) {
      case 'settled':
        job.state = 'completed';
        return;
      case 'failed':
        job.state = 'failed';
        return;
      case 'later':
        job.state = outcome.delayMs <= 0 ? 'waiting' : 'delayed';
        job.dueAt = this.#now() + outcome.delayMs;
        return;
      default:
        assertNever(outcome);
    }
  }

  /** The lock of an active job is lost while its worker lives: it will be delivered again. */
  stall(job: ModelJob): void {
    job.stalls += 1;
    job.state = job.stalls > MAX_STALLS ? 'failed' : 'waiting';
  }

  lose(job: ModelJob): void {
    this.#jobs.delete(job.id);
  }

  /** A delayed job comes early, or whenever somebody asks for it. */
  promote(job: ModelJob): void {
    job.state = 'waiting';
  }

  /** Times that have come: delays are over, locks of the dead and the frozen have ended. */
  #turn(): void {
    for (const job of this.#jobs.values()) {
      if (job.state === 'delayed' && job.dueAt <= this.#now()) job.state = 'waiting';
      if (job.state === 'active' && !this.#isLocked(job)) this.stall(job);
    }
  }

  /** Whoever is awake renews its locks. */
  #isLocked(job: ModelJob): boolean {
    if (job.holder?.awake === true) job.lockedUntil = this.#now() + LOCK_MS;
    return job.lockedUntil > this.#now();
  }
}

/** What a handler’s error means for its job, as the consumer has it. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof NodeyardError && error.class === 'permanent') {
    return { kind: 'failed', failure: { code: error.code, message: error.message } };
  }
  return { kind: 'later', delayMs: UNFORESEEN_DELAY_MS, why: String(error) };
}
