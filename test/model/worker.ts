/**
 * A worker of the model: the product’s own handlers, operations, recovery, reconciler and clean-ups, each port of theirs behind a
 * gate. What workers/worker.ts does with BullMQ and with timers is done here by steps.
 */
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { createRedisCommands } from '../../src/commands/redis-commands.js';
import { NodeyardError } from '../../src/errors.js';
import type { Inventory } from '../../src/fleet/inventory.js';
import { createInventories } from '../../src/fleet/reconcile/inventories.js';
import { createFleetJobs } from '../../src/fleet/reconcile/jobs.js';
import { createMemory } from '../../src/fleet/reconcile/memory.js';
import { createSightings } from '../../src/fleet/reconcile/sightings.js';
import { reconcile } from '../../src/fleet/reconcile.js';
import { createRedisHeartbeats } from '../../src/heartbeat/redis-heartbeats.js';
import { silentLog } from '../../src/log.js';
import type { Operation } from '../../src/node/lifecycle.js';
import { AccountBrake } from '../../src/operations/brake.js';
import type { OperationDependencies } from '../../src/operations/dependencies.js';
import type { Outcome } from '../../src/operations/outcome.js';
import { Recovery } from '../../src/operations/recover.js';
import { QUEUE_NAMES } from '../../src/queue/names.js';
import type { Quarantine } from '../../src/state/quarantine.js';
import type { StateRepository } from '../../src/state/repository.js';
import type { NodeStore } from '../../src/store/store.js';
import type { Bundles } from '../../src/terraform/bundle.js';
import { noTracing } from '../../src/tracing/tracing.js';
import { createCleanUps } from '../../workers/clean-ups.js';
import type { Handler } from '../../workers/consume.js';
import { createHandler } from '../../workers/create.js';
import { destroyHandler } from '../../workers/destroy.js';
import { RunningOperations } from '../../workers/running.js';
import { type Gates, NETWORK, REDIS } from './gates.js';
import type { HostRun, ModelHost } from './host.js';
import type { ModelProcess } from './process.js';
import { type ModelJob, type ModelQueue, outcomeOfError } from './queue.js';
import { CONCURRENCY, DESTROY_RETRY, HOUR, MINUTE, OPERATIONS, RECONCILE, RETENTION } from './settings.js';
import { modelCatalog, STACK_NAME } from './stack.js';
import type { ModelTime } from './time.js';

/** What all workers share. */
export interface WorkerWorld {
  readonly redis: Redis;
  readonly gates: Gates;
  readonly time: ModelTime;
  readonly queue: ModelQueue;
  readonly inventory: Inventory;
  readonly store: NodeStore;
  readonly states: StateRepository;
  readonly quarantine: Quarantine;
  /** Hears of an error that no step has asked for. */
  readonly onUnforeseen: (error: unknown) => void;
}

const BUNDLE = { key: 'builtin', generation: 1, dataDir: '/' };

export class ModelWorker {
  readonly process: ModelProcess;
  readonly host: ModelHost;
  readonly #world: WorkerWorld;
  readonly #operations: OperationDependencies;
  readonly #running = new RunningOperations();
  readonly #cleaning = new RunningOperations();
  readonly #abandon = new AbortController();
  readonly #handlers: Readonly<Record<Operation, Handler>>;
  readonly #reconcile: () => Promise<unknown>;
  readonly #atWork = new Map<string, ModelJob>();
  #ready = false;
  #stopping = false;
  #looking = false;
  #lookingAfter = false;

  constructor(process: ModelProcess, host: ModelHost, world: WorkerWorld) {
    this.process = process;
    this.host = host;
    this.#world = world;
    const { gates, redis, time, queue, inventory } = world;
    const store = gates.around(process, 'store', world.store, REDIS);
    const states = gates.around(process, 'states', world.states, REDIS);
    const quarantine = gates.around(process, 'quarantine', world.quarantine, REDIS);
    const jobs = gates.around(process, 'queue', queue, REDIS);
    const bundles: Bundles = { acquire: async () => BUNDLE, invalidate: async () => undefined };
    const machine = host.machineOf(process);
    const directories = {
      runs: host.runsDir,
      logs: join(host.dataDir, 'logs'),
      locks: join(host.dataDir, 'locks'),
      nodes: join(host.dataDir, 'nodes'),
    };
    const cloud = gates.around(process, 'inventory', inventory, NETWORK);
    const place = { stack: STACK_NAME, place: inventory.name, open: async () => cloud };
    const inventories = {
      remember: async () => undefined,
      of: async () => [cloud],
      places: async () => [place],
    };
    const clock = () => time.now;
    const heartbeats = createRedisHeartbeats({ redis, clock });
    let ids = 0;
    this.#operations = {
      store,
      states,
      quarantine,
      catalog: modelCatalog,
      inventories,
      terraform: { path: 'terraform', product: 'terraform', version: '1.11.4' },
      bundles: gates.around(process, 'bundles', bundles, NETWORK),
      machine,
      recovery: new Recovery({
        store,
        states,
        quarantine,
        machine,
        directories,
        redact: (text) => text,
        graceMs: OPERATIONS.terraform.graceMs,
        silentMs: OPERATIONS.lease.ttlMs,
        onRecovered: async ({ job }) => {
          if (job !== undefined) await jobs.giveBack(job.queue, job.id, job.token);
        },
        log: silentLog,
        now: () => time.now,
      }),
      brake: new AccountBrake(2 * CONCURRENCY),
      settings: OPERATIONS,
      // Its nodes do not speak.
      heartbeats: gates.around(process, 'heartbeats', heartbeats, REDIS),
      eventsOf: async () => undefined,
      // What it counts decides nothing.
      tracing: noTracing,
      listener: { runEnded: () => undefined, terraformEnded: () => undefined, judged: () => undefined },
      directories,
      env: {},
      redact: (text) => text,
      log: silentLog,
      monotonic: () => time.now,
      timers: time.timersOf(process),
      random: () => 0.5,
      newId: () => {
        ids += 1;
        return `${process.name}-${ids}`;
      },
    };
    const handlers = { operations: this.#operations, running: this.#running, abandon: this.#abandon.signal };
    this.#handlers = { create: createHandler(handlers), destroy: destroyHandler(handlers) };
    const reconcileParts = {
      store,
      heartbeats: gates.around(process, 'heartbeats', heartbeats, REDIS),
      commands: gates.around(
        process,
        'commands',
        createRedisCommands({ redis, retention: RETENTION, clock }),
        REDIS,
      ),
      states,
      quarantine,
      jobs: createFleetJobs(store, jobs),
      cleanUps: createCleanUps({
        operations: this.#operations,
        running: this.#cleaning,
        most: CONCURRENCY,
        retry: DESTROY_RETRY,
        abandon: this.#abandon.signal,
      }),
      inventories: createInventories({
        places: inventories.places,
        intervalMs: 0,
        monotonic: () => time.now,
        log: silentLog,
      }),
      sightings: gates.around(process, 'sightings', createSightings(redis), REDIS),
      memory: gates.around(
        process,
        'memory',
        createMemory({ redis, gapMs: HOUR, now: () => time.now }),
        REDIS,
      ),
      reported: new Set<string>(),
      settings: RECONCILE,
      log: silentLog,
      now: () => time.now,
    };
    this.#reconcile = () => reconcile(reconcileParts);
    host.adopt(process);
    process.onDeath.push(() => gates.drop(process));
    void this.#start();
  }

  /** Its Terraforms that live. */
  get runs(): readonly HostRun[] {
    return this.host.runs.filter(({ owner }) => owner === this.process);
  }
  /** Takes jobs. */
  get ready(): boolean {
    return this.#ready && this.process.awake && !this.#stopping;
  }
  get looking(): boolean {
    return this.#looking;
  }

  /** Before anything else, what earlier workers left here is brought home. */
  async #start(): Promise<void> {
    await this.#lookAfter();
    this.#ready = true;
  }

  mayTake({ operation }: ModelJob): boolean {
    const same = [...this.#atWork.values()].filter((job) => job.operation === operation);
    return this.ready && same.length < CONCURRENCY;
  }

  take(job: ModelJob): void {
    this.#world.queue.deliver(job, this.process);
    void this.#work(job, job.token);
  }

  async #work(job: ModelJob, token: string): Promise<void> {
    this.#atWork.set(token, job);
    const outcome = await this.#handle(job, token);
    this.#atWork.delete(token);
    this.#world.queue.conclude(job, token, outcome);
  }

  #handle({ id, operation, data, addedAt }: ModelJob, token: string): Promise<Outcome> {
    const ref = { queue: QUEUE_NAMES[operation], id, token };
    const delivery = { data, ref, addedAt, onProgress: () => {}, logLine: () => {} };
    return this.#handlers[operation](delivery).catch((error: unknown) => {
      if (!(error instanceof NodeyardError)) this.#world.onUnforeseen(error);
      return outcomeOfError(error);
    });
  }

  /** One look at the fleet, as the reconciler’s job has it. */
  look(): void {
    if (this.#looking || !this.ready) return;
    this.#looking = true;
    this.#reconcile().then(
      () => {
        this.#looking = false;
      },
      (error: unknown) => {
        this.#looking = false;
        // A look without Redis fails as a whole, and another follows.
        if (!(error instanceof NodeyardError)) this.#world.onUnforeseen(error);
      },
    );
  }

  /** What dead workers have left on this host. */
  lookAfterLeftovers(): void {
    if (!this.#lookingAfter && this.ready) void this.#lookAfter();
  }

  async #lookAfter(): Promise<void> {
    this.#lookingAfter = true;
    try {
      await this.#operations.recovery.all();
    } catch (error) {
      this.#world.onUnforeseen(error);
    }
    this.#lookingAfter = false;
  }

  /** The event comes that a node’s destruction was asked for. */
  hear(nodeId: string): void {
    if (this.#running.find(nodeId)?.operation === 'create') this.#running.stop(nodeId, 'cancelled');
  }

  /** An orderly end: nothing new, every Terraform is told, and the process goes when all is stored. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#running.stopAll('shutdown');
    this.#cleaning.stopAll('shutdown');
    const { timers } = this.#operations;
    timers.after(OPERATIONS.terraform.graceMs + MINUTE, () => this.#abandon.abort());
    const orderly = Promise.all([this.#running.idle(), this.#cleaning.idle()]);
    void orderly.then(() => this.#operations.recovery.idle()).then(() => this.process.die());
    this.#abandon.signal.addEventListener('abort', () => this.process.die());
  }
}
