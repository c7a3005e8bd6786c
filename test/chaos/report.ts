/** The result of a chaos run, and how it is told. */
import type { Counts, Tally } from './counts.js';
import type { Plan } from './plan.js';
import { RULES, type RuleName, type Violation } from './verdict.js';

export interface Report extends Pick<Plan, 'seed' | 'nodes' | 'minutes' | 'workers'> {
  readonly ok: boolean;
  /** One number for each rule; all are 0 when the run was good. */
  readonly numbers: Readonly<Record<RuleName, number>>;
  readonly violations: readonly Violation[];
  readonly counts: Counts;
  /** Nodes that were asked to live, and to be destroyed. */
  readonly asked: { readonly life: number; readonly destruction: number };
  /** What the producer did besides. */
  readonly retries: number;
  readonly duplicates: number;
  /** Why data directories were not filled, where they could not be. */
  readonly diskProblem?: string;
  /** Workers that ended though nobody had ended them; a full disk does that to one that starts. */
  readonly endedByThemselves: number;
  /** Workers that did not end within their patience at the end. */
  readonly killedAtTheEnd: number;
  /**
   * From the moment that all faults were off and everything was started again, to the first look that found nothing wrong.
   * Absent when that did not come in time.
   */
  readonly secondsToQuiet?: number;
  /** How long was waited for it at most. */
  readonly secondsAllowed: number;
  readonly secondsInAll: number;
  /** Where everything of the run lies, when it was kept. */
  readonly kept?: string;
}

export function textOf(report: Report): string {
  const { counts, asked } = report;
  const zeros = (Object.entries(RULES) as [RuleName, string][]).map(([rule, name]): Row => {
    const number = report.numbers[rule];
    return [name, String(number), number === 0 ? '' : 'must be 0'];
  });
  return [
    ...rows(zeros),
    '',
    ...rows([
      ['attacks', said(counts.attacks), ''],
      [
        'disk',
        report.diskProblem === undefined
          ? 'filled in memory (tmpfs)'
          : `not possible here: ${report.diskProblem}`,
        '',
      ],
      ['faults of the cloud', `${said(counts.faults)} in ${counts.calls} calls`, ''],
      ['nodes', `${asked.life} to live, ${asked.destruction} to be destroyed`, ''],
      ['reached', `CREATED ${counts.created}, DESTROYED ${counts.destroyed} times`, ''],
      ['FAILED', said(counts.failures), ''],
      ['taken over or tried again', String(counts.takeovers), ''],
      ['runs recovered', String(counts.recoveries), ''],
      ['states quarantined', String(counts.quarantines), ''],
      [
        'resources in no state',
        `${counts.straysDestroyed} destroyed by runs, ${counts.orphansDestroyed} by the sweep`,
        '',
      ],
      ['jobs added by the reconciler', String(counts.jobsAdded), ''],
      ['retried, jobs doubled', `${report.retries}, ${report.duplicates} by the producer`, ''],
      ['workers ended by themselves', String(report.endedByThemselves), ''],
      ['workers killed at the end', String(report.killedAtTheEnd), ''],
      ['quiet after', quietText(report), ''],
      ['in all', `${report.secondsInAll.toFixed(0)} s`, ''],
      ['seed', report.seed, ''],
    ]),
    '',
    ...(report.ok
      ? []
      : ['What is wrong:', ...report.violations.map(({ rule, says }) => `  ${RULES[rule]}: ${says}`), '']),
    report.ok
      ? 'ok: nothing leaked, nothing ran twice, nothing is stuck, nothing is lost'
      : `FAILED; the same plan again: npm run chaos -- --nodes ${report.nodes} --minutes ${report.minutes} --workers ${report.workers} --seed ${report.seed}`,
    ...(report.kept === undefined ? [] : [`kept: ${report.kept}`]),
  ].join('\n');
}

type Row = readonly [name: string, value: string, remark: string];

function rows(list: readonly Row[]): string[] {
  const width = Math.max(...list.map(([name]) => name.length));
  return list.map(([name, value, remark]) => `${name.padEnd(width)}  ${value}  ${remark}`.trimEnd());
}

const said = (counts: Tally): string =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ') || 'none';

const quietText = ({ secondsToQuiet, secondsAllowed }: Report): string =>
  secondsToQuiet === undefined
    ? `not within ${secondsAllowed.toFixed(0)} s`
    : `${secondsToQuiet.toFixed(1)} s from the moment that all faults were off and all was started again`;
