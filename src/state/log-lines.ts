/** Lines of a log file that nobody vouches for: one at a time, those beyond a limit passed over, whatever their size. */
import { createReadStream } from 'node:fs';
import { isMissing } from './run-paths.js';

const MAX_LINE_BYTES = 1024 * 1024;

/** Without line ends; a last line without one is given out too. A missing file has no lines. */
export async function* linesOf(path: string, maxBytes = MAX_LINE_BYTES): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): string | undefined => {
    const line = length > maxBytes ? undefined : Buffer.concat(parts).toString('utf8');
    parts = [];
    length = 0;
    return line;
  };
  const add = (part: Buffer): void => {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        add(chunk.subarray(start, end));
        const line = take();
        if (line !== undefined) yield line;
        start = end + 1;
      }
      add(chunk.subarray(start));
    }
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const last = take();
  if (last !== undefined && last !== '') yield last;
}

const NEWLINE = 0x0a;
