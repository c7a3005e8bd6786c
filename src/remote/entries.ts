/** Server-Sent Events as they come in, entry by entry. */
import { createParser } from 'eventsource-parser';

export type Entry =
  | { readonly event: string | undefined; readonly id: string | undefined; readonly data: unknown }
  /** No event: only where to go on from now. */
  | { readonly place: string };

/** Longer than anything this API sends; a server that never ends a line must not fill the memory. */
const LONGEST = 16 * 1024 * 1024;

/** Until the body ends. Throws what the body throws, and SyntaxError for data that is no JSON. */
export async function* entriesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const ready: Entry[] = [];
  const take = lineTaker(ready);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw new SyntaxError('a line of the stream has no end');
    for (const line of lines) take(line);
    yield* ready.splice(0);
  }
}

/** Takes whole lines. The parser says nothing of entries without data, which move the place all the same. */
function lineTaker(ready: Entry[]): (line: string) => void {
  let id: string | undefined;
  let told = false;
  const parser = createParser({
    maxBufferSize: LONGEST,
    onEvent: (message) => {
      told = true;
      ready.push({ event: message.event, id: message.id, data: JSON.parse(message.data) as unknown });
    },
  });
  return (line) => {
    if (line.startsWith('id:')) id = line.slice(3).trim();
    parser.feed(`${line}\n`);
    if (line.trim() !== '') return;
    if (id !== undefined && !told) ready.push({ place: id });
    id = undefined;
    told = false;
  };
}
