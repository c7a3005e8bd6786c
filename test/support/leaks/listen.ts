/** Before each test file: keeps what its process and the processes that it spawns say on stderr. Nothing that reads it notices. */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { relative } from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';
import { record, recordAs } from './record.js';

recordAs(relative(process.cwd(), expect.getState().testPath ?? 'unknown'));

const write = process.stderr.write.bind(process.stderr);
process.stderr.write = ((chunk: string | Uint8Array, ...rest: never[]): boolean => {
  record('stderr', chunk);
  return write(chunk, ...rest);
}) as typeof process.stderr.write;

/** Node tells of every process that is spawned, before its streams are there. */
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  child.once('spawn', () => {
    if (child.stderr !== null) overhear(child.stderr);
  });
});

/** What arrives passes by `push`; another listener would take it away from who begins to read later. */
function overhear(stream: Readable): void {
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk instanceof Uint8Array || typeof chunk === 'string') record('stderr of a process', chunk);
    return push(chunk, encoding);
  };
}
