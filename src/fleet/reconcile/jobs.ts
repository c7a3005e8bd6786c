/** The jobs that drive nodes, as the rules see them. */
import { type JobQueues, jobIdOf } from '../../queue/jobs.js';
import type { NodeStore } from '../../store/store.js';
import type { FleetJobs } from './context.js';

export const createFleetJobs = (
  store: Pick<NodeStore, 'nextGeneration'>,
  queues: Pick<JobQueues, 'isAlive' | 'add'>,
): FleetJobs => ({
  /** Our own job of the last generation, or the one that a producer added under an id of its own. */
  async has(node, operation) {
    if (await queues.isAlive(operation, jobIdOf(operation, node.id, node.generation))) return true;
    return node.jobId !== undefined && (await queues.isAlive(operation, node.jobId));
  },

  async add(node, operation) {
    const generation = await store.nextGeneration(node.id);
    if (generation !== undefined) await queues.add(operation, node.id, generation);
  },
});
