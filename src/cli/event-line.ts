/** One event in one line. */
import type { NodeEvent } from '../node/record.js';
import { failureLine, paintState } from './node-view.js';
import type { Output } from './output.js';
import { printable } from './printable.js';
import { clockTime } from './times.js';

/** `03:04:05  a1b2c3  web/node  REQUESTED → CREATING  (terraform, epoch 1)` */
export function eventLine(output: Output, event: NodeEvent): string {
  const { nodeId, group, role, actor, epoch, reason, failure } = event;
  const who = output.paint('dim', `(${actor}${epoch > 0 ? `, epoch ${epoch}` : ''})`);
  const why = failure === undefined ? reason : failureLine(failure);
  return [
    output.paint('dim', clockTime(event.at)),
    nodeId,
    printable(`${group}/${role}`),
    movement(output, event),
    who,
    ...(why === undefined || why === '' ? [] : [printable(why)]),
  ].join('  ');
}

function movement(output: Output, { type, from, to }: NodeEvent): string {
  switch (type) {
    case 'transition':
      return [from, to]
        .filter((state) => state !== undefined)
        .map((state) => paintState(output, state))
        .join(' → ');
    case 'taken':
      return 'taken over by a new run';
    case 'noted':
      return 'note';
  }
}
