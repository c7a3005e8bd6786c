/** Lines of a file from a place on, a page at a time, with bounded memory whatever stands in it. */
import type { FileHandle } from 'node:fs/promises';
import { NodeyardError } from '../errors.js';

/** Of one page, and so of one line. */
const PAGE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
/** Nothing of it: where it would be cut there may be half a secret, which nothing would know for one. */
export const LEFT_OUT = '[a line of more than 1 MiB, left out]';

/** The beginning of a line. */
export interface Place {
  readonly line: number;
  readonly offset: number;
}
export const START: Place = { line: 0, offset: 0 };

export interface PlacedLine {
  readonly text: string;
  readonly next: Place;
}
export interface LinePage {
  readonly lines: readonly PlacedLine[];
  readonly next: Place;
  /** There are whole lines after these. */
  readonly more: boolean;
}

/** `isWhole`: nobody writes any more, so that a last line without an end is one. Throws INVALID_INPUT (`cursor`). */
export async function readLinePage(
  file: FileHandle,
  from: Place,
  { limit, isWhole }: { readonly limit: number; readonly isWhole: boolean },
): Promise<LinePage> {
  await refuseInsideOfLine(file, from);
  const bytes = await readAt(file, from.offset, PAGE_BYTES);
  const lines: PlacedLine[] = [];
  let start = 0;
  const add = (text: string, length: number): void => {
    start += length;
    lines.push({ text, next: { line: from.line + lines.length + 1, offset: from.offset + start } });
  };
  for (
    let end = bytes.indexOf(NEWLINE);
    end !== -1 && lines.length < limit;
    end = bytes.indexOf(NEWLINE, start)
  ) {
    add(textOf(bytes.subarray(start, end)), end + 1 - start);
  }
  const isLast = bytes.length < PAGE_BYTES;
  if (lines.length === 0 && !isLast) {
    const length = await lengthOfLine(file, from.offset, isWhole);
    if (length !== undefined) add(LEFT_OUT, length);
  }
  if (
    isLast &&
    isWhole &&
    start < bytes.length &&
    lines.length < limit &&
    bytes.indexOf(NEWLINE, start) === -1
  ) {
    add(textOf(bytes.subarray(start)), bytes.length - start);
  }
  const next = lines.at(-1)?.next ?? from;
  const more =
    lines.length > 0 &&
    (!isLast || bytes.indexOf(NEWLINE, start) !== -1 || (isWhole && start < bytes.length));
  return { lines, next, more };
}

/** The beginning of the line of that number, or the end of the file. */
export async function placeOfLine(file: FileHandle, line: number): Promise<Place> {
  let passed = 0;
  let offset = 0;
  while (passed < line) {
    const bytes = await readAt(file, offset, PAGE_BYTES);
    if (bytes.length === 0) break;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1 && passed < line; end = bytes.indexOf(NEWLINE, start)) {
      start = end + 1;
      passed += 1;
    }
    if (passed === line) return { line, offset: offset + start };
    offset += bytes.length;
  }
  return { line: passed, offset };
}

/** With its end; undefined while it has none and more may come. */
async function lengthOfLine(file: FileHandle, offset: number, isWhole: boolean): Promise<number | undefined> {
  for (let length = 0; ; ) {
    const bytes = await readAt(file, offset + length, PAGE_BYTES);
    const end = bytes.indexOf(NEWLINE);
    if (end !== -1) return length + end + 1;
    length += bytes.length;
    if (bytes.length === 0) return isWhole ? length : undefined;
  }
}

async function refuseInsideOfLine(file: FileHandle, { offset }: Place): Promise<void> {
  if (offset === 0) return;
  const [before] = await readAt(file, offset - 1, 1);
  const { size } = await file.stat();
  if (before === NEWLINE || offset === size) return;
  throw new NodeyardError('INVALID_INPUT', 'cursor: must be the cursor of an earlier page, unchanged', {
    field: 'cursor',
  });
}

async function readAt(file: FileHandle, offset: number, most: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(most);
  let length = 0;
  while (length < most) {
    const { bytesRead } = await file.read(buffer, length, most - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
