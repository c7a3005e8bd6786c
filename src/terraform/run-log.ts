/** The stored log of a run, for people and for recovery. Never read as a whole: it may be as large as the limit allows. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type Line, LineSplitter } from './lines.js';
import { parseMessage, type TerraformMessage, textOf } from './messages.js';
import { type RunSummary, SummaryFold } from './summary.js';

const CHUNK_BYTES = 64 * 1024;
/** How far back a tail is looked for, however long the lines are. */
const MAX_TAIL_BYTES = 16 * 1024 * 1024;

/** `2026-01-02T03:04:05.678Z error Error: …`; what is not JSON stays as it is. */
export function renderLine(line: string): string {
  const message = parseMessage(line);
  return message.type === 'text' ? message.text : `${prefixOf(message)}${textOf(message).trim()}`;
}

function prefixOf(message: Exclude<TerraformMessage, { type: 'text' }>): string {
  const { '@timestamp': at, '@level': level } = message;
  return `${at} ${level.padEnd(5)} `.trimStart();
}

/** The whole log, one plain line per message. */
export async function* renderLog(path: string): AsyncGenerator<string> {
  for await (const { text } of readLines(path)) yield renderLine(text);
}

/** The last `count` lines as they were written, oldest first. Reads backwards, at most 16 MiB. */
export async function tailLog(path: string, count: number): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = await startOfTail(file, size, count);
    const lines: string[] = [];
    const splitter = new LineSplitter(({ text }) => lines.push(text));
    for await (const chunk of createReadStream(path, { start, end: Math.max(start, size - 1) })) {
      splitter.push(chunk);
    }
    splitter.end();
    return lines.slice(Math.max(0, lines.length - count));
  } finally {
    await file.close();
  }
}

async function startOfTail(file: FileHandle, size: number, count: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const floor = Math.max(0, size - MAX_TAIL_BYTES);
  // The newline at the very end closes the last line and so is one more.
  let wanted = count + 1;
  for (let end = size; end > floor; ) {
    const begin = Math.max(floor, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - begin, begin);
    for (let index = bytesRead - 1; index >= 0; index -= 1) {
      if (buffer[index] !== 0x0a) continue;
      wanted -= 1;
      if (wanted === 0) return begin + index + 1;
    }
    end = begin;
  }
  return floor;
}

/**
 * Copies a log with secrets taken out, line by line, into a file that only its owner reads. It appears under its name when
 * it is whole. A line over 1 MiB is cut, with a mark.
 */
export async function archiveLog(from: string, to: string, redact: (text: string) => string): Promise<void> {
  const unfinished = `${to}.new`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    for await (const { text, cut } of readLines(from)) {
      await file.write(`${redact(text)}${cut ? ' [cut]' : ''}\n`);
    }
    await file.close();
    await rename(unfinished, to);
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** What a run said, from its log alone: for the run of a worker that died. Empty when there is no log. */
export async function summarizeLog(path: string, redact?: (text: string) => string): Promise<RunSummary> {
  const fold = new SummaryFold(redact);
  try {
    for await (const { text, cut } of readLines(path)) fold.add(parseMessage(text, cut));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return fold.summary();
}

async function* readLines(path: string): AsyncGenerator<Line> {
  let ready: Line[] = [];
  const splitter = new LineSplitter((line) => ready.push(line));
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    splitter.push(chunk);
    yield* ready;
    ready = [];
  }
  splitter.end();
  yield* ready;
}
