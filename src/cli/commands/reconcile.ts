/** `nodeyard reconcile`: has a worker look at the fleet now, or only shows what a look would find. */
import type { Command } from 'commander';
import type { App } from '../../app.js';
import type { ReconcileReport } from '../../fleet/reconcile.js';
import type { Operation } from '../../node/lifecycle.js';
import { readTimeout } from '../arguments.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { refuseRemote } from '../fleet/place.js';
import { withApp, withFleet } from '../opened.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { teach } from '../teach.js';
import { remarkOnWorkers, workersSeen } from '../workers-seen.js';

interface ReconcileCommandOptions {
  readonly dryRun?: boolean;
  readonly timeout?: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const LOOK_MS = 100;

export function defineReconcile(program: Command, act: Act): void {
  const command = program
    .command('reconcile')
    .description(
      'Have a worker look for what is not as it should be, and mend it, now instead of at its next turn.',
    )
    .option('--dry-run', 'only show what would be done, and why; needs no worker')
    .option('--timeout <duration>', 'wait at most so long for a worker: 90s, 10m (default 1m)')
    .action((options: ReconcileCommandOptions) => act((call) => reconcileNow(call, options)));
  teach(command, {
    examples: [['nodeyard reconcile --dry-run'], ['nodeyard reconcile --json']],
    exits: ['redis', 'timeout', 'interrupted', 'terminated'],
  });
}

async function reconcileNow(call: Call, options: ReconcileCommandOptions): Promise<ExitName> {
  const timeoutMs = (await readTimeout(options.timeout)) ?? DEFAULT_TIMEOUT_MS;
  if (options.dryRun === true) {
    return withFleet(call, async (fleet) => conclude(call, await fleet.look(), { dryRun: true }));
  }
  refuseRemote(
    call,
    'Add --dry-run to see what a look would find; the reconciler of the workers mends it at its next turn.',
  );
  return withApp(call, async (app) => conclude(call, await ask(call, app, timeoutMs), { dryRun: false }));
}

function conclude(call: Call, report: ReconcileReport, { dryRun }: { readonly dryRun: boolean }): ExitName {
  if (call.output.json) call.output.value({ dryRun, ...report });
  else print(call, report);
  return report.failures.length > 0 ? 'failed' : 'done';
}

async function ask(call: Call, app: App, timeoutMs: number): Promise<ReconcileReport> {
  const [{ LookQueue }, { NodeyardError }] = await Promise.all([
    import('../../queue/look-queue.js'),
    import('../../errors.js'),
  ]);
  const seen = { workersSeen: (operation: Operation) => workersSeen(app, operation) };
  await remarkOnWorkers(seen, call.output, 'destroy');
  const queue = new LookQueue(app.redis, 'reconcile');
  try {
    const job = await queue.ask();
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      call.io.interrupts.signal.throwIfAborted();
      const report = await queue.result(job);
      if (report !== undefined) return report as ReconcileReport;
      if (performance.now() >= deadline) {
        throw new NodeyardError('TIMED_OUT', `no worker has looked at the fleet within ${timeoutMs} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    await queue.close();
  }
}

function print({ output }: Call, { findings, failures, inventories }: ReconcileReport): void {
  const rows = findings.map(({ rule, nodeId, action, outcome, reason }) =>
    [rule, nodeId ?? '-', action, outcome, reason].map(printable),
  );
  if (rows.length === 0) output.note('nothing to reconcile');
  else output.line(table(output, ['RULE', 'NODE', 'ACTION', 'OUTCOME', 'WHY'], rows));
  const note = (text: string): void =>
    output.note(`${output.paintNote('yellow', 'note:')} ${printable(text)}`);
  for (const { rule, message } of failures) note(`${rule} could not look: ${message}`);
  for (const { problem } of inventories) if (problem !== undefined) note(problem);
}
