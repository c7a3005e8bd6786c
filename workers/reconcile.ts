/**
 * What a worker looks after besides its jobs, again and again: leftovers of dead workers, nodes without a job, and what has
 * been kept long enough. Any number of workers may do it at once; each step is safe against another’s.
 */
import type { App } from '../src/app.js';
import type { Operation } from '../src/node/lifecycle.js';
import type { NodeRecord } from '../src/node/record.js';
import { keepHouse } from '../src/operations/housekeeping.js';
import type { Recovery } from '../src/operations/recover.js';
import { sweep } from '../src/operations/sweep.js';
import { jobIdOf } from '../src/queue/jobs.js';

/** How often leftovers and stranded nodes are looked for. */
const SWEEP_MS = 5_000;
/** How often tombstones and old logs are ended. */
const HOUSEKEEPING_MS = 10 * 60_000;
/** A node that changed more recently is just getting its job. */
const SWEEP_MINIMUM_AGE_MS = 10_000;

/** Leftovers first: they end dead leases, which is what makes a node stranded. */
export function reconcileRegularly(app: App, recovery: Recovery): { stop(): Promise<void> } {
  const { store, log } = app;
  let keptHouseAt = Number.NEGATIVE_INFINITY;
  const once = async (): Promise<void> => {
    await recovery.all();
    await sweepNodes(app, SWEEP_MINIMUM_AGE_MS);
    if (performance.now() - keptHouseAt < HOUSEKEEPING_MS) return;
    keptHouseAt = performance.now();
    const { retention } = app.config;
    await keepHouse({ store, logsRoot: app.directories.logs, retention, now: Date.now });
  };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();
  const turn = (): void => {
    current = once()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'sweep failed; tried again'))
      .finally(() => {
        if (!stopped) timer = setTimeout(turn, SWEEP_MS);
      });
  };
  turn();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
      await recovery.idle();
    },
  };
}

/** Adds jobs for nodes that nobody has attended to for `minimumAgeMs` and that have none. Answers their ids. */
export function sweepNodes(app: App, minimumAgeMs: number): Promise<readonly string[]> {
  const { store, queues, log } = app;
  return sweep({
    store,
    minimumAgeMs,
    log,
    hasJob: (node, operation) => hasJob(app, node, operation),
    addJob: async (node, operation) => {
      const generation = await store.nextGeneration(node.id);
      if (generation !== undefined) await queues.add(operation, node.id, generation);
    },
  });
}

/** Our own job of the last generation, or the one that a producer added under an id of its own. */
async function hasJob({ queues }: App, node: NodeRecord, operation: Operation): Promise<boolean> {
  if (await queues.isAlive(operation, jobIdOf(operation, node.id, node.generation))) return true;
  return node.jobId !== undefined && (await queues.isAlive(operation, node.jobId));
}
