/** A board of nodes on a terminal, drawn anew with every event and every second. */
import type { NodeEvent } from '../node/record.js';
import type { Call } from './call.js';
import { LiveBlock } from './live-block.js';
import type { NodeBoard } from './node-board.js';

const REDRAW_MS = 1_000;
/** Of events that come in a burst only the last is drawn. */
const SETTLE_MS = 50;

/** Until the events end. `chosen` says which of them are about nodes of the board. */
export async function showBoard(
  { io, output }: Pick<Call, 'io' | 'output'>,
  board: NodeBoard,
  events: AsyncIterable<NodeEvent>,
  chosen: (event: NodeEvent) => boolean,
): Promise<void> {
  const block = new LiveBlock(io.stdout);
  const drawing = serially(async () => {
    await board.lookAtWork(io.stdout.rows);
    block.draw(await board.lines(output, Date.now()));
  });
  await board.load();
  drawing.soon(0);
  const regular = setInterval(() => drawing.soon(0), REDRAW_MS);
  try {
    for await (const event of events) {
      if (!chosen(event)) continue;
      await board.look(event.nodeId);
      drawing.soon(SETTLE_MS);
    }
  } finally {
    clearInterval(regular);
    await drawing.end();
  }
}

/** One run of `work` at a time; asked for again and again, it runs once more. A failed one is made good by the next. */
function serially(work: () => Promise<void>): { soon(delayMs: number): void; end(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();
  return {
    soon(delayMs) {
      timer ??= setTimeout(() => {
        timer = undefined;
        current = current.then(work).catch(() => {});
      }, delayMs);
    },
    async end() {
      clearTimeout(timer);
      await current;
    },
  };
}
