/**
 * What is said in a run of the tests, and the secrets that the tests use, kept until the run has ended; then the one is searched for
 * the other (search.ts). Both are files of a directory of the run, because every test file is a process of its own. Outside of such
 * a run nothing is kept.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names the directory of the run. */
export const RECORD_DIRECTORY = 'TEST_RECORD_DIRECTORY';
export const SECRETS_FILE = 'secrets.jsonl';
export const SAID = '.said';

export interface UsedSecret {
  /** What it is, in words; never its value. */
  readonly kind: string;
  /** The test file that used it. */
  readonly file: string;
  readonly value: string;
}

/** A shorter one stands by chance in much that is said. */
const SHORTEST = 12;

let testFile = 'unknown';
export function recordAs(file: string): void {
  testFile = file;
}

const place = (name: string): string | undefined => {
  const directory = process.env[RECORD_DIRECTORY];
  return directory === undefined ? undefined : join(directory, name);
};

/** Keeps what was said. `where` tells a person what it was: `log`, `stderr of a process`. */
export function record(where: string, text: string | Uint8Array): void {
  const path = place(`${testFile}: ${where}`.replaceAll('/', '∕') + SAID);
  if (path !== undefined && text.length > 0) appendFileSync(path, text);
}

/** Has everything searched for it at the end of the run. Answers it. */
export function secret(kind: string, value: string): string {
  const path = place(SECRETS_FILE);
  const used: UsedSecret = { kind, file: testFile, value };
  if (path !== undefined && value.length >= SHORTEST) appendFileSync(path, `${JSON.stringify(used)}\n`);
  return value;
}
