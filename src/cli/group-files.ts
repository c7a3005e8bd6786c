/** Files of groups, as `nodeyard apply` reads them: YAML or JSON, several documents in one, every mistake named before anything is done. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { NodeyardError } from '../errors.js';
import type { CheckStack } from '../groups/check-stacks.js';
import { checkStacks } from '../groups/check-stacks.js';
import { type GroupWish, granted, groupWishSchema } from '../groups/config.js';
import { parseInput } from '../node/problems.js';
import { usageError } from './failure.js';
import type { Io } from './io.js';

/** More than any group may be; what is larger is refused before it is read as a whole. */
const LARGEST_BYTES = 4 * 1024 * 1024;

interface Written {
  /** `group.yaml`, with the number of the document where there are several. */
  readonly place: string;
  readonly value: unknown;
}

/** Throws INVALID_INPUT and UNKNOWN_STACK with the file, the document and the field; everything that is wrong in the first wrong one. */
export async function readGroups(
  files: readonly string[],
  io: Pick<Io, 'stdin' | 'cwd'>,
  check: CheckStack,
): Promise<readonly GroupWish[]> {
  const written: Written[] = [];
  for (const file of files) written.push(...documentsOf(await textOf(file, io), file));
  if (written.length === 0) throw usageError('there is no group in what -f names', '-f');
  const places = new Map<string, string>();
  return written.map(({ place, value }) => {
    const wish = within(place, () => {
      const read = parseInput(groupWishSchema, value);
      checkStacks(granted(read, undefined), check);
      return read;
    });
    const earlier = places.get(wish.name);
    if (earlier !== undefined)
      throw usageError(`group ${wish.name} stands in ${earlier} and in ${place}: keep one`, '-f');
    places.set(wish.name, place);
    return wish;
  });
}

/** JSON is YAML. Documents without anything in them are left out. */
function documentsOf(text: string, file: string): Written[] {
  const documents = parseAllDocuments(text, { prettyErrors: true });
  if ('empty' in documents) return [];
  return documents.flatMap((document, index) => {
    const place = documents.length === 1 ? file : `${file}, document ${index + 1}`;
    const [error] = document.errors;
    if (error !== undefined) throw usageError(`${place}: is not YAML: ${error.message.trimEnd()}`, '-f');
    const value: unknown = within(place, () => document.toJS());
    return value === null || value === undefined ? [] : [{ place, value }];
  });
}

function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // What an alias of YAML cannot be is said without a code.
    if (!(error instanceof NodeyardError))
      throw usageError(`${place}: ${error instanceof Error ? error.message : String(error)}`, '-f');
    const field = error.field === undefined ? {} : { field: error.field };
    throw new NodeyardError(error.code, `${place}: ${error.message}`, { cause: error, ...field });
  }
}

async function textOf(file: string, { stdin, cwd }: Pick<Io, 'stdin' | 'cwd'>): Promise<string> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return limited(Buffer.concat(chunks), file);
  }
  try {
    return limited(await readFile(resolve(cwd, file)), file);
  } catch (error) {
    if (error instanceof NodeyardError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw usageError(`-f ${file}: cannot be read (${code})`, '-f');
  }
}

function limited(content: Buffer, file: string): string {
  if (content.byteLength <= LARGEST_BYTES) return content.toString('utf8');
  throw usageError(`-f ${file}: must be at most ${LARGEST_BYTES} bytes`, '-f');
}
