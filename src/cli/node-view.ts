/** How a node looks in a table. */
import type { NodeState } from '../node/lifecycle.js';
import type { Failure, NodeRecord, Progress } from '../node/record.js';
import type { Output, Style } from './output.js';
import { printable } from './printable.js';
import { cut, table } from './table.js';
import { age } from './times.js';

const STYLES: Readonly<Record<NodeState, Style>> = {
  REQUESTED: 'cyan',
  CREATING: 'yellow',
  CREATED: 'green',
  STARTED: 'green',
  INSERVICE: 'green',
  SOFT_SUNSET: 'yellow',
  HARD_SUNSET: 'yellow',
  DESTRUCTION_REQUESTED: 'cyan',
  DESTROYING: 'yellow',
  DESTROYED: 'dim',
  FAILED: 'red',
};

export const paintState = (output: Output, state: NodeState): string => output.paint(STYLES[state], state);

const HEADS = ['ID', 'STATE', 'FOR', 'GROUP', 'ROLE', 'STACK', 'ABOUT'] as const;
/** A guess at the six columns before the last one; it is cut so that a row stays one line. */
const OTHER_COLUMNS = 78;
const SHORTEST_ABOUT = 24;

/** `now` is the time that ages count to. */
export function nodeTable(output: Output, nodes: readonly NodeRecord[], now: number): string {
  const room = output.screen.isTTY ? Math.max(SHORTEST_ABOUT, output.screen.columns - OTHER_COLUMNS) : 200;
  const rows = nodes.map((node) => [
    node.id,
    paintState(output, node.state),
    age(now - node.since),
    printable(node.group),
    printable(node.role),
    printable(node.stack),
    cut(about(node), room),
  ]);
  return table(output, HEADS, rows);
}

/** The one thing about a node that matters in its state. */
function about(node: NodeRecord): string {
  if (node.state === 'FAILED' && node.failure !== undefined) return failureLine(node.failure);
  if (node.lease !== undefined && node.progress !== undefined) return progressLine(node.progress);
  const { address, publicIp, publicAddress, privateAddress } = node.outputs ?? {};
  const shown = [address, publicIp, publicAddress, privateAddress].find(
    (output) => typeof output === 'string' && output !== '',
  );
  return shown === undefined || node.state === 'DESTROYED' ? '' : printable(String(shown));
}

export const failureLine = ({ operation, code, message }: Failure): string =>
  `${operation}: ${code}: ${printable(message)}`;

export function progressLine({ phase, done, total, address }: Progress): string {
  const counted = total > 0 ? ` ${done}/${total}` : '';
  return `${phase}${counted}${address === undefined ? '' : ` ${printable(address)}`}`;
}
