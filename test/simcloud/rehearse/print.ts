/** Shows the report, and says whether the rehearsal went well. */
import type { Call } from '../../../src/cli/call.js';
import { failureLine } from '../../../src/cli/node-view.js';
import type { Output } from '../../../src/cli/output.js';
import { printable } from '../../../src/cli/printable.js';
import { table } from '../../../src/cli/table.js';
import { elapsed } from '../../../src/cli/times.js';
import type { Report } from './books.js';
import type { Wish } from './wish.js';

/** Nothing is left, everything was destroyed, and what had to be created was. */
export function printReport({ output }: Call, wish: Wish, report: Report): boolean {
  const unowned = report.left.filter(({ owned }) => !owned).length;
  const created = report.created.length;
  const destroyed = report.destroyed.length;
  const well =
    report.left.length === 0 &&
    report.problems.length === 0 &&
    destroyed === created + report.failed.length &&
    (created === wish.nodes || (wish.mayFail && created + report.failed.length === wish.nodes));
  for (const problem of report.problems) output.note(errorLine(output, problem));
  if (output.json) {
    const { stack, nodes, seed } = wish;
    output.value({ ok: well, stack, seed, nodes, ...report, created, destroyed, unowned });
    return well;
  }
  printWhatHappened(output, report);
  printLeft(output, report.left);
  const told = `created ${created} of ${wish.nodes}, destroyed ${destroyed}, owned by nobody ${unowned}`;
  const spent = `in ${elapsed(report.seconds * 1_000)}, $${report.dollars.toFixed(6)}`;
  output.line(output.paint(well ? 'green' : 'red', `${told} ${spent}`));
  return well;
}

function printWhatHappened(output: Output, report: Report): void {
  const rows = (lists: readonly (readonly (string | number)[])[]) => lists.map((row) => row.map(String));
  const made = Object.entries(report.made);
  output.line();
  if (made.length > 0) output.line(table(output, ['EXISTED', 'MADE'], rows(made)));
  output.line();
  const calls = report.calls.map(({ call, count, refused }) => [call, count, refused === 0 ? '' : refused]);
  output.line(table(output, ['CALL', 'TIMES', 'REFUSED'], rows(calls)));
  if (report.faults.length > 0) {
    output.line();
    const faults = report.faults.map(({ fault, call, count }) => [fault, call, count]);
    output.line(table(output, ['FAULT', 'STRUCK', 'TIMES'], rows(faults)));
  }
  output.line();
  for (const { nodeId, failure } of report.failed) {
    output.line(`${nodeId} ${output.paint('red', 'FAILED')} ${failureLine(failure)}`);
  }
}

export function printLeft(output: Output, left: Report['left']): void {
  for (const { kind, id, region, nodeId, owned } of left) {
    const whose = owned ? `owned by ${nodeId}` : `owned by nobody, made for ${nodeId ?? 'nobody'}`;
    output.note(`${output.paintNote('red', 'left:')} ${printable(`${kind} ${id} in ${region}, ${whose}`)}`);
  }
}

const errorLine = (output: Output, problem: string): string =>
  `${output.paintNote('red', 'error:')} ${printable(problem)}`;
