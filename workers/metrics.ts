/** The metrics of a worker, and of a process without one: what they are made of. */
import type { App } from '../src/app.js';
import { createMetrics, type Metrics } from '../src/metrics.js';
import type { OperationDependencies } from '../src/operations/dependencies.js';
import { isAlive } from '../src/state/owner.js';
import { listRunDirectories } from '../src/state/run-directory.js';

export function workerMetrics(
  { store, quarantine, queues, directories, log }: App,
  { terraform, catalog }: Pick<OperationDependencies, 'terraform' | 'catalog'>,
): Metrics {
  return createMetrics({
    store,
    quarantine,
    queues,
    unrecovered: () => countUnrecovered(directories.runs),
    terraform,
    stacks: catalog.list().map(({ name }) => name),
    log,
    now: Date.now,
  });
}

/** Those of a process without a worker: what the fleet shares, and what it delivers of webhooks itself. */
export const fleetMetrics = ({ store, quarantine, queues, log }: App): Metrics =>
  createMetrics({ store, quarantine, queues, log, now: Date.now });

/** Those of a dead worker of this machine, and those that nobody can read. */
async function countUnrecovered(root: string): Promise<number> {
  const { runs, broken } = await listRunDirectories(root);
  return broken.length + runs.filter(({ meta }) => isAlive(meta.owner) === 'dead').length;
}
