/** Whether anybody consumes the queue, so that a person does not wait for nobody. */
import type { App } from '../app.js';
import type { Operation } from '../node/lifecycle.js';
import type { Fleet } from './fleet/fleet.js';
import type { Output } from './output.js';

/** Workers that are connected now; undefined where Redis does not tell (managed services forbid CLIENT LIST). */
export async function workersSeen(
  app: Pick<App, 'queues'>,
  operation: Operation,
): Promise<number | undefined> {
  try {
    const workers = await app.queues.queue(operation).getWorkers();
    // Where the list is forbidden BullMQ answers one unnamed worker.
    return workers.some(({ name }) => name?.startsWith('GCP does not support')) ? undefined : workers.length;
  } catch {
    return undefined;
  }
}

/** Says how to start one when there is none. */
export async function remarkOnWorkers(
  fleet: Pick<Fleet, 'workersSeen'>,
  output: Output,
  operation: Operation,
): Promise<void> {
  if (output.json || (await fleet.workersSeen(operation)) !== 0) return;
  output.note(
    `${output.paintNote('yellow', 'note:')} no worker is running; start one with \`nodeyard up\` or \`nodeyard worker\``,
  );
}
