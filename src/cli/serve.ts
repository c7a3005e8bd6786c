/** A worker in the foreground: started, told about, stopped gracefully. Shared by `up` and `worker`. */

import type { StartedWorker, WorkerOptions } from '../../workers/worker.js';
import { startWorker } from '../../workers/worker.js';
import type { App } from '../app.js';
import { formatDuration } from '../config/units.js';
import type { Call } from './call.js';
import { namesOf, runsAtWork } from './runs-at-work.js';

/** Runs a worker until the first interrupt, and `meanwhile` beside it. */
export async function serve(
  call: Call,
  app: App,
  meanwhile: (worker: StartedWorker) => Promise<void>,
  options: WorkerOptions = {},
): Promise<void> {
  call.io.interrupts.holdExit();
  const worker = await startWorker(app, options);
  try {
    await meanwhile(worker);
    await call.io.interrupts.first();
  } finally {
    await stopGracefully(call, app, worker);
  }
}

/** Says what is waited for; a further Ctrl-C says it again, the third is the entry’s. */
export async function stopGracefully({ io, output }: Call, app: App, worker: StartedWorker): Promise<void> {
  const { runs: root } = app.directories;
  const grace = formatDuration(app.config.terraform.graceMs);
  const say = async (): Promise<void> => {
    const runs = await runsAtWork(root);
    const count = `${runs.length} run${runs.length === 1 ? '' : 's'}`;
    if (runs.length === 0) return;
    output.note(
      `stopping: waiting for ${count} to end and to be stored (Terraform gets ${grace}): ${namesOf(runs)}`,
    );
  };
  const sayAgain = async (): Promise<void> => {
    const runs = await runsAtWork(root);
    output.note(
      `still waiting for ${runs.length === 0 ? 'the end of the worker' : namesOf(runs)}; once more ends at once, and what is then left in ${root} is recovered at the next start (\`nodeyard doctor\` shows it)`,
    );
  };
  const unsubscribe = io.interrupts.subscribe((count) => {
    // What is said here is a courtesy: the stop goes on whether or not it can be said.
    if (count > 1) sayAgain().catch(() => {});
  });
  try {
    const stopped = worker.stop();
    await say();
    await stopped;
  } finally {
    unsubscribe();
  }
}
