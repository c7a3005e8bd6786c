/**
 * The world of one walk: a cloud, a queue, two hosts with the workers upon them, producers, and the real store, repository and
 * quarantine in a real Redis. Everything that could happen next is a task; a walk takes one after the other, and after each the
 * invariants are asked.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { NodeyardClient } from '../../src/client.js';
import type { Inventory } from '../../src/fleet/inventory.js';
import { silentLog } from '../../src/log.js';
import type { Quarantine } from '../../src/state/quarantine.js';
import { createRedisQuarantine } from '../../src/state/redis-quarantine.js';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import type { StateRepository } from '../../src/state/repository.js';
import { createRedisStore } from '../../src/store/redis-store.js';
import type { NodeStore } from '../../src/store/store.js';
import { createEventTail } from '../../src/store/tail.js';
import { ModelCloud } from './cloud.js';
import type { Coverage } from './coverage.js';
import { directoriesOf, type Stored, StoredReader } from './evidence.js';
import { Gates, REDIS, standstill } from './gates.js';
import { ModelHost, type Task } from './host.js';
import { type History, INVARIANTS_OF_A_MOMENT, type Moment, newHistory } from './invariants.js';
import { ModelProcess } from './process.js';
import { ModelQueue } from './queue.js';
import { Reference } from './reference.js';
import { DESTROY_RETRY, RETENTION } from './settings.js';
import { type Twist, WELL } from './terraform/twist.js';
import { ModelTime } from './time.js';
import { ModelWorker } from './worker.js';

/** What a walk is made upon. */
export interface Ground {
  readonly store: NodeStore;
  readonly states: StateRepository;
  readonly quarantine: Quarantine;
  readonly queue: ModelQueue;
  readonly inventory: Inventory;
}

/** Puts something that is broken on purpose in the place of a part: the proof that the model would notice. */
export type Mutation = (real: Ground, redis: Redis) => Partial<Ground>;

export interface WorldOptions {
  /** Its database is emptied. */
  readonly redis: Redis;
  /** Of this walk alone; made and removed. */
  readonly directory: string;
  readonly coverage: Coverage;
  readonly mutation?: Mutation | undefined;
  /** Hears of each step. */
  readonly trace?: ((line: string) => void) | undefined;
}

export class Violation extends Error {
  override readonly name = 'Violation';
  /** Of the functions in invariants.ts. */
  readonly invariants: readonly string[];
  constructor(broken: ReadonlyMap<string, readonly string[]>, after: string) {
    const lines = [...broken].flatMap(([name, what]) => what.map((one) => `${name}: ${one}`));
    super(`after "${after}": ${lines.join('; ')}`);
    this.invariants = [...broken.keys()];
  }
}

export const HOSTS = 2;
/** Calls that change nothing in Redis: what was seen there before is still so. */
export const READS: ReadonlySet<string> = new Set([
  ...[
    'get',
    'getMany',
    'fleetId',
    'overdue',
    'expired',
    'expiring',
    'stranded',
    'destroysToRetry',
    'countTombstones',
  ].map((name) => `store.${name}`),
  ...['load', 'quarantined', 'loadQuarantined', 'loadConfiguration'].map((name) => `states.${name}`),
  ...['inventory.list', 'inventory.destroy', 'bundles.acquire', 'quarantine.unattended'],
  ...[
    'sightings.missing',
    'sightings.note',
    'memory.note',
    'memory.read',
    'queue.add',
    'queue.isAlive',
    'queue.giveBack',
  ],
]);

export class World {
  readonly time = new ModelTime();
  readonly cloud = new ModelCloud(() => this.time.now);
  readonly queue = new ModelQueue(() => this.time.now);
  readonly gates = new Gates();
  readonly reference = new Reference((what) => this.coverage.count(what));
  readonly hosts: readonly ModelHost[];
  readonly workers: ModelWorker[] = [];
  readonly coverage: Coverage;
  readonly history: History = newHistory();
  /** Of the walk so far. */
  steps = 0;
  storm = true;
  /** How the next call of a kind (`terraform creates`) goes; any other goes well. */
  readonly ahead = new Map<string, Twist>();
  readonly #options: WorldOptions;
  readonly #ground: Ground;
  readonly #reader: StoredReader;
  #stored: Stored | undefined;
  #processes = 0;
  #producer: ModelProcess;
  readonly #unforeseen: unknown[] = [];

  private constructor(options: WorldOptions) {
    const { redis, directory, coverage, mutation = () => ({}) } = options;
    this.#options = options;
    this.coverage = coverage;
    const clock = () => this.time.ofRedis;
    const store = createRedisStore({ redis, retention: RETENTION, destroyRetry: DESTROY_RETRY, clock });
    const states = createRedisStateRepository({ redis, keptVersions: 2, now: clock });
    const quarantine = createRedisQuarantine({ redis, now: clock });
    this.#reader = new StoredReader(redis, states);
    const real = { store, states, quarantine, queue: this.queue, inventory: this.cloud.inventory() };
    const ground = { ...real, ...mutation(real, redis) };
    this.#ground = {
      ...ground,
      store: this.reference.beside(ground.store, clock),
      states: this.reference.besideStates(ground.states),
    };
    this.hosts = Array.from({ length: HOSTS }, (_, index) => {
      const dataDir = join(directory, `host${index}`);
      mkdirSync(dataDir, { recursive: true });
      return new ModelHost(`host${index}`, dataDir, this);
    });
    this.#producer = this.#process('producer');
    this.gates.onPass = (call, mode) => {
      if (!READS.has(call)) this.#stored = undefined;
      this.coverage.count(`${mode} ${call}`);
    };
  }

  static async open(options: WorldOptions): Promise<World> {
    rmSync(options.directory, { recursive: true, force: true });
    await options.redis.flushall();
    const world = new World(options);
    for (const host of world.hosts) world.startWorker(host);
    await standstill();
    return world;
  }

  close(): void {
    for (const { process } of this.workers) process.die();
    this.#producer.die();
    rmSync(this.#options.directory, { recursive: true, force: true });
  }

  get livingWorkers(): readonly ModelWorker[] {
    return this.workers.filter(({ process }) => !process.dead);
  }

  get nodeIds(): readonly string[] {
    return [...this.reference.nodes.keys()];
  }

  /** What could happen by itself now, always in the same order. */
  get tasks(): readonly Task[] {
    const deliveries = this.queue.waiting.flatMap((job) =>
      this.livingWorkers
        .filter((worker) => worker.mayTake(job))
        .map((worker) => ({
          key: `${job.id} is delivered to ${worker.process.name}`,
          point: job.deliveries > 0 ? 'delivered again' : 'delivered',
          take: () => worker.take(job),
        })),
    );
    const tasks = [...deliveries, ...this.hosts.flatMap((host) => host.tasks)];
    return tasks.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  startWorker(host: ModelHost): void {
    const process = this.#process(`worker${this.#processes}`);
    const { time, gates } = this;
    this.workers.push(
      new ModelWorker(process, host, {
        ...this.#ground,
        redis: this.#options.redis,
        gates,
        time,
        onUnforeseen: (error) => void this.#unforeseen.push(error),
      }),
    );
  }

  /** What producers and operators do: the client, which may die over any of its calls. */
  ask(what: (client: NodeyardClient) => Promise<unknown>): void {
    if (this.#producer.dead) this.#producer = this.#process('producer');
    const process = this.#producer;
    const store = this.gates.around(process, 'store', this.#ground.store, REDIS);
    const queues = this.gates.around(process, 'queue', this.#ground.queue, REDIS);
    const tail = createEventTail(store, silentLog);
    const client = new NodeyardClient({ store, queues, tail, groups: undefined });
    // A refusal is an answer, and whoever asked may ask again.
    what(client).catch(() => undefined);
  }

  /** The same for the calls of the store that no client has. */
  askStore(what: (store: NodeStore) => Promise<unknown>): void {
    if (this.#producer.dead) this.#producer = this.#process('producer');
    what(this.gates.around(this.#producer, 'store', this.#ground.store, REDIS)).catch(() => undefined);
  }

  /** Lets one waiting call through, or one task happen, of those whose key fits, and all goes well. Answers which, if any. */
  async proceed(pick: number, only = /(?:)/): Promise<string | undefined> {
    const tasks = this.tasks.filter(({ key }) => only.test(key));
    const waiting = this.gates.waiting.filter(({ key }) => only.test(key));
    const count = tasks.length + waiting.length;
    if (count === 0) return undefined;
    const index = pick % count;
    const call = waiting[index];
    if (call !== undefined) {
      await call.pass('answered');
      return call.key;
    }
    const task = tasks[index - waiting.length];
    if (task === undefined) return undefined;
    const twist = this.ahead.get(task.point) ?? WELL;
    this.ahead.delete(task.point);
    this.coverage.count(twist.how === 'well' ? task.point : `${twist.how} ${task.point}`);
    task.take(twist);
    return twist.how === 'well' ? task.key : `${task.key} ${twist.how} ${twist.fault}`;
  }

  /** A step has been taken: everything comes to a stand. In a storm the invariants are asked each time. Throws Violation. */
  async settle(after: string): Promise<void> {
    await standstill();
    this.steps += 1;
    this.#options.trace?.(`${this.steps} ${this.#sketch()} ${after}`);
    if (this.storm) await this.judge(after);
  }

  /** Throws Violation. */
  async judge(after: string): Promise<void> {
    const moment = await this.moment();
    const broken = new Map<string, readonly string[]>();
    for (const invariant of INVARIANTS_OF_A_MOMENT) {
      const what = invariant(moment);
      if (what.length > 0) broken.set(invariant.name, what);
    }
    if (this.#unforeseen.length > 0) broken.set('noUnforeseenError', this.#unforeseen.map(String));
    if (broken.size > 0) throw new Violation(broken, after);
  }

  async moment(): Promise<Moment> {
    this.#stored ??= await this.#reader.read(this.nodeIds);
    const { hosts, reference, history } = this;
    return {
      stored: this.#stored,
      directories: hosts.flatMap(directoriesOf),
      runs: hosts.flatMap(({ runs }) => runs),
      things: this.cloud.things,
      vanished: this.cloud.vanished,
      reference,
      history,
    };
  }

  /** Where every node stands, for people who follow a walk. */
  #sketch(): string {
    const nodes = [...this.reference.nodes].map(([id, { model }]) => `${id}:${model.state}/${model.epoch}`);
    const things = this.cloud.things.map(({ id, nodeId }) => `${nodeId}:${id}`);
    return `[${nodes.join(' ')}] {${things.join(' ')}}`;
  }

  #process(name: string): ModelProcess {
    this.#processes += 1;
    const process = new ModelProcess(name, this.#processes);
    if (name === 'producer') process.onDeath.push(() => this.gates.drop(process));
    return process;
  }
}
