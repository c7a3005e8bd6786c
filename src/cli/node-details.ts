/** Everything about one node, for people. */
import { ERROR_KINDS } from '../errors.js';
import type { Heard } from '../heartbeat/heartbeats.js';
import type { Failure, NodeEvent, NodeRecord } from '../node/record.js';
import { fields } from './fields.js';
import { paintState, progressLine } from './node-view.js';
import type { Output } from './output.js';
import { printable, printableLines } from './printable.js';
import { cut, table } from './table.js';
import { age, timestamp } from './times.js';

const LONGEST_REASON = 120;

export interface NodeDetails {
  readonly node: NodeRecord;
  readonly heard: Heard | undefined;
  readonly history: readonly NodeEvent[];
}

export function nodeDetails(output: Output, { node, heard, history }: NodeDetails, now: number): string {
  const parts = [
    fields(output, [
      ['node', output.paint('bold', node.id)],
      ['state', `${paintState(output, node.state)} for ${age(now - node.since)}`],
      ['stack', printable(node.stack)],
      ['group', printable(node.group)],
      ['role', printable(node.role)],
      ['request id', node.requestId === undefined ? undefined : printable(node.requestId)],
      ['created', timestamp(node.createdAt)],
      ['may end', node.expiresAt === undefined ? undefined : timestamp(node.expiresAt)],
      ['on failure', node.onFailure],
      ['epoch', String(node.epoch)],
      ['attempts', node.attempts === 0 ? undefined : String(node.attempts)],
      ['lease', leaseLine(node, now)],
      [
        'progress',
        node.lease === undefined || node.progress === undefined ? undefined : progressLine(node.progress),
      ],
      ['retry', node.retryRequested ? 'asked for, not yet begun' : undefined],
      ['last seen', heard === undefined ? undefined : lastSeen(heard, now)],
    ]),
    section(output, 'failure', node.failure === undefined ? '' : failureDetails(output, node.failure)),
    section(output, 'load', heard === undefined ? '' : loadLines(output, heard)),
    section(output, 'inputs', pairs(output, node.inputs)),
    section(output, 'outputs', pairs(output, node.outputs ?? {})),
    section(output, 'tags', pairs(output, node.tags)),
    section(output, 'labels', pairs(output, node.labels)),
    section(output, 'resources', resourceTable(output, node)),
    section(output, 'history', historyTable(output, history)),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const section = (output: Output, name: string, body: string): string =>
  body === '' ? '' : `${output.paint('bold', name)}\n${body.replace(/^/gm, '  ')}`;

function leaseLine({ lease }: NodeRecord, now: number): string | undefined {
  if (lease === undefined) return undefined;
  const left = lease.expiresAt - now;
  const when = left > 0 ? `ends in ${age(left)} unless renewed` : `ended ${age(-left)} ago`;
  return `${printable(lease.holder)}, ${when}`;
}

const lastSeen = ({ lastSeenAt }: Heard, now: number): string =>
  lastSeenAt === undefined ? 'never; it should speak' : `${age(Math.max(0, now - lastSeenAt))} ago`;

const loadLines = (output: Output, { load: { metrics = {}, ...counts } }: Heard): string =>
  pairs(output, { ...counts, ...metrics });

function failureDetails(output: Output, failure: Failure): string {
  const { operation, code, message, diagnostics, retryable, attempts, at } = failure;
  return fields(output, [
    ['of', `${operation}, after ${attempts} attempt${attempts === 1 ? '' : 's'}, ${timestamp(at)}`],
    ['code', output.paint('red', code)],
    ['message', printableLines(message)],
    ['mend', ERROR_KINDS[code].mend],
    ['retry', retryable ? 'can help' : 'cannot help as it is'],
    ...diagnostics.map(({ severity, summary, detail, address }): [string, string] => [
      severity,
      [address, summary, detail]
        .filter((text) => text !== undefined && text !== '')
        .map((text) => printableLines(text ?? ''))
        .join('\n'),
    ]),
  ]);
}

const pairs = (output: Output, values: Readonly<Record<string, unknown>>): string =>
  Object.keys(values).length === 0
    ? ''
    : fields(
        output,
        Object.entries(values).map(([name, value]) => [printable(name), shown(value)]),
      );

const shown = (value: unknown): string =>
  printableLines(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function resourceTable(output: Output, { resources }: NodeRecord): string {
  if (resources.length === 0) return '';
  const rows = resources.map(({ address, type, id }) => [address, type, id].map(printable));
  return table(output, ['ADDRESS', 'TYPE', 'ID'], rows);
}

function historyTable(output: Output, history: readonly NodeEvent[]): string {
  if (history.length === 0) return '';
  const rows = history.map(({ at, type, from, to, actor, epoch, reason, failure }) => [
    timestamp(at),
    type === 'transition' ? [from, to].filter((state) => state !== undefined).join(' → ') : type,
    actor,
    epoch === 0 ? '' : String(epoch),
    cut(
      printable(failure === undefined ? (reason ?? '') : `${failure.code}: ${failure.message}`),
      LONGEST_REASON,
    ),
  ]);
  return table(output, ['TIME', 'WHAT', 'BY', 'EPOCH', 'WHY'], rows);
}
