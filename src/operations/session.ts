/**
 * One operation on one node, from the moment its lease is taken until it is given back. Whatever wants to stop the
 * operation (a lost lease, a shutdown, a request for destruction) says so here; the session passes it to the Terraform
 * that runs now, or keeps the next one from starting.
 */
import type { Log } from '../log.js';
import type { Operation } from '../node/lifecycle.js';
import type { NodeRecord, Progress, ResourceId } from '../node/record.js';
import type { NodeStore, Refusal } from '../store/store.js';
import { RunAccounting } from './accounting.js';
import { type KeptLease, keepLease, type LeaseTimes } from './lease.js';
import type { JobRef, RunSession } from './run-session.js';
import { RunStop, type StopReason } from './run-stop.js';
import type { Timers } from './timers.js';

export type { JobRef } from './run-session.js';
export type { StopReason } from './run-stop.js';

export interface SessionDependencies {
  readonly store: NodeStore;
  readonly settings: { readonly lease: LeaseTimes };
  readonly log: Log;
  readonly monotonic: () => number;
  readonly timers: Timers;
  /** Of the lease’s holder; never the same twice. */
  readonly newId: () => string;
}

export interface SessionRequest {
  readonly operation: Operation;
  readonly nodeId: string;
  readonly job?: JobRef;
  /** Hears of every step; called often, must not throw. */
  readonly onProgress?: (progress: Progress) => void;
  /** A line for people who look at the job. */
  readonly logLine?: (line: string) => void;
  /** Fires when even storing must be given up, at the end of a shutdown’s patience. */
  readonly abandon?: AbortSignal;
}

/** Progress goes to the store at most so often; it is a courtesy, transitions are not. */
const PROGRESS_INTERVAL_MS = 1_000;

export class Session implements RunSession {
  readonly operation: Operation;
  readonly node: NodeRecord;
  readonly epoch: number;
  readonly holder: string;
  readonly job: JobRef | undefined;
  readonly log: Log;
  readonly abandon: AbortSignal | undefined;
  readonly accounting: RunAccounting;
  readonly #dependencies: SessionDependencies;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #logLine: ((line: string) => void) | undefined;
  readonly #resources: ResourceId[];
  #lease: KeptLease | undefined;
  readonly #stop: RunStop;
  #runs = 0;
  #progress: Progress | undefined;
  #dropTimer: (() => void) | undefined;

  private constructor(
    dependencies: SessionDependencies,
    request: SessionRequest,
    taken: { node: NodeRecord; epoch: number; holder: string; takenAt: number },
  ) {
    this.#dependencies = dependencies;
    this.operation = request.operation;
    this.job = request.job;
    this.abandon = request.abandon;
    this.#onProgress = request.onProgress;
    this.#logLine = request.logLine;
    this.node = taken.node;
    this.epoch = taken.epoch;
    this.holder = taken.holder;
    this.#resources = [...taken.node.resources];
    this.log = dependencies.log.child({
      nodeId: taken.node.id,
      epoch: taken.epoch,
      operation: request.operation,
    });
    this.#stop = new RunStop(this.log);
    this.accounting = new RunAccounting({ ...taken, monotonic: dependencies.monotonic });
  }

  get nodeId(): string {
    return this.node.id;
  }

  get stack(): string {
    return this.node.stack;
  }

  /** Takes the lease and begins, or says why that is refused. */
  static async open(dependencies: SessionDependencies, request: SessionRequest): Promise<Session | Refusal> {
    const { store, settings, monotonic, timers, newId } = dependencies;
    const holder = newId();
    const takenAt = monotonic();
    const begun = await store.begin(request.nodeId, {
      operation: request.operation,
      holder,
      leaseMs: settings.lease.ttlMs,
    });
    if ('refused' in begun) return begun;
    const session = new Session(dependencies, request, { ...begun, holder, takenAt });
    session.#lease = keepLease({
      store,
      nodeId: request.nodeId,
      claim: { epoch: begun.epoch, holder },
      times: settings.lease,
      log: session.log,
      monotonic,
      timers,
      takenAt,
      listener: {
        lost: () => session.stop('lease-lost'),
        state: (state) => {
          if (request.operation === 'create' && state === 'DESTRUCTION_REQUESTED') session.stop('cancelled');
        },
      },
    });
    return session;
  }

  /** Why the operation has to end, once it has. The first reason stays. */
  get stopReason(): StopReason | undefined {
    return this.#stop.reason;
  }

  stop(reason: StopReason): void {
    this.#stop.stop(reason);
  }

  /** Ties the Terraform that runs now to `stop`, for as long as `work` lasts. */
  whileRunning<T>(stop: (reason: StopReason) => void, work: Promise<T>): Promise<T> {
    return this.#stop.whileRunning(stop, work);
  }

  /** Where the next run’s saves begin: the saves of one epoch are ordered, whichever of its runs they are from. */
  nextFirstSequence(): number {
    this.#runs += 1;
    return this.#runs * 1_000_000;
  }

  /** Notes a resource the moment a run reports that it exists. */
  noteResource(resource: ResourceId): void {
    this.forgetResource(resource.address);
    this.#resources.push(resource);
  }

  forgetResource(address: string): void {
    const known = this.#resources.findIndex((other) => other.address === address);
    if (known >= 0) this.#resources.splice(known, 1);
  }

  noteUnsure(): void {
    this.accounting.noteUnsure();
  }

  /** Asks Redis whether the node is still this session’s. Throws REDIS_UNAVAILABLE. */
  async isHeld(): Promise<boolean> {
    const { store, settings } = this.#dependencies;
    const claim = { epoch: this.epoch, holder: this.holder };
    const { held } = await store.renew(this.node.id, claim, settings.lease.ttlMs);
    if (!held) this.stop('lease-lost');
    return held;
  }

  /** Adds a line to the node’s history. */
  async note(reason: string): Promise<void> {
    await this.#dependencies.store.note(this.node.id, { actor: 'terraform', reason });
  }

  /** Shows people who look at the job how a run ended. */
  logLines(lines: readonly string[]): void {
    for (const line of lines) this.#logLine?.(line);
  }

  report(progress: Progress): void {
    this.#progress = progress;
    this.#onProgress?.(progress);
    this.#dropTimer ??= this.#dependencies.timers.after(PROGRESS_INTERVAL_MS, () => {
      this.#dropTimer = undefined;
      void this.#storeProgress();
    });
  }

  /** Writes the resources that are known by now; before a transition, so that the record never lags behind its state. */
  async flush(): Promise<void> {
    this.#dropTimer?.();
    this.#dropTimer = undefined;
    await this.#storeProgress();
  }

  /**
   * Ends the session. The lease is released, so that the node may be taken by another run; where that cannot be said
   * (Redis is away), it runs out by itself, and what the session knew of what was made is asked for again.
   */
  async end(): Promise<void> {
    this.#dropTimer?.();
    this.#lease?.stop();
    const { epoch, holder, accounting } = this;
    try {
      await this.#dependencies.store.release(this.node.id, { epoch, holder }, accounting.made);
    } catch (error) {
      this.log.warn({ error: String(error) }, 'lease not released; it runs out by itself');
    }
  }

  async #storeProgress(): Promise<void> {
    if (this.#progress === undefined) return;
    const patch = { progress: this.#progress, resources: this.#resources };
    try {
      await this.#dependencies.store.patch(this.node.id, this.epoch, patch);
    } catch (error) {
      this.log.debug({ error: String(error) }, 'progress not stored');
    }
  }
}
