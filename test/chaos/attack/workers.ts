/** Workers are killed, ended gracefully, or frozen, for a shorter and a longer time than their leases last. */
import type { WorkerProcess } from '../fleet.js';
import { wait } from '../waiting.js';
import type { PlannedOn, Strike } from './scene.js';

export const strikeWorker: Strike<PlannedOn<'worker'>> = async ({ fleet }, attack, ending) => {
  const worker = fleet.choose(attack.pick);
  if (worker === undefined) return undefined;
  worker.attacked = true;
  const over = (
    attack.how === 'stop' ? freeze(worker, attack.forMs, ending) : restart(worker, attack, ending)
  ).finally(() => {
    worker.attacked = false;
  });
  return { whom: worker.name, over };
};

async function freeze(worker: WorkerProcess, forMs: number, ending: AbortSignal): Promise<void> {
  worker.signal('SIGSTOP');
  await wait(forMs, ending);
  worker.signal('SIGCONT');
}

async function restart(
  worker: WorkerProcess,
  { how, forMs }: PlannedOn<'worker'>,
  ending: AbortSignal,
): Promise<void> {
  await worker.end(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
  await wait(forMs, ending);
  worker.start();
}
