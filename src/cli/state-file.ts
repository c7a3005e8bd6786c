/** Writes exported states: exact bytes, for their owner only, never over something else unless told to. */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type CommandError, usageError } from './failure.js';

/** States hold secrets. */
const PRIVATE = 0o600;
const LARGEST_BYTES = 256 * 1024 * 1024;

/** The file appears whole or not at all. Throws INVALID_INPUT when it exists and `force` is not given. */
export async function writeStateFile(
  cwd: string,
  name: string,
  document: Uint8Array,
  { force }: { readonly force: boolean },
): Promise<string> {
  const path = resolve(cwd, name);
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeFile(unfinished, document, { mode: PRIVATE, flag: 'wx' });
    // A hard link, other than a rename, refuses an existing name in the same step.
    if (force) await rename(unfinished, path);
    else await link(unfinished, path);
    return path;
  } catch (error) {
    throw notWritten(name, error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** The bytes of a file with a state. What is in them is checked by whoever takes them. */
export async function readStateFile(cwd: string, name: string): Promise<Uint8Array> {
  try {
    const document = await readFile(resolve(cwd, name));
    if (document.byteLength <= LARGEST_BYTES) return document;
  } catch (error) {
    throw usageError(`--input ${name}: cannot be read (${codeOf(error)})`, '--input');
  }
  throw usageError(`--input ${name}: is larger than any state may be`, '--input');
}

function notWritten(name: string, error: unknown): CommandError {
  if (codeOf(error) === 'EEXIST') {
    return usageError(
      `--output ${name}: the file exists`,
      '--output',
      'Choose another name, or add --force.',
    );
  }
  return usageError(
    `--output ${name}: cannot be written (${codeOf(error)})`,
    '--output',
    'Name a file in a directory that exists and that you may write to.',
  );
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
