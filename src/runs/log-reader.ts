/** Reads the log of a run: the whole, its end, or what is still being written. */
import { createReadStream, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMissing } from '../state/run-paths.js';
import { FileFollower } from '../terraform/follow.js';
import { LineSplitter } from '../terraform/lines.js';
import { tailLog } from '../terraform/run-log.js';

/** A run’s directory goes when its state is stored; nothing tells of it. */
const POLL_MS = 100;

/** Every line as it was written, or the last `tail` ones; none where there is no such file. */
export async function* logLines(path: string, tail?: number): AsyncGenerator<string> {
  try {
    if (tail === undefined) yield* allLines(path);
    else yield* await tailLog(path, tail);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function* allLines(path: string): AsyncGenerator<string> {
  let ready: string[] = [];
  const splitter = new LineSplitter(({ text }) => ready.push(text));
  for await (const chunk of createReadStream(path)) {
    splitter.push(chunk);
    yield* ready;
    ready = [];
  }
  splitter.end();
  yield* ready;
}

export interface FollowRequest {
  readonly path: string;
  /** The run has ended when it is gone. */
  readonly directory: string;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Hands over every line from the beginning until the run has ended or `signal` fires. */
export async function followLog({ path, directory, onLine, signal }: FollowRequest): Promise<void> {
  const splitter = new LineSplitter(({ text }) => onLine(text));
  while (!signal.aborted && existsSync(directory) && !existsSync(path)) await pause(signal);
  if (!existsSync(path)) return;
  const follower = new FileFollower({
    path,
    maxBytes: Number.POSITIVE_INFINITY,
    onChunk: (chunk) => splitter.push(chunk),
    onLimit: () => {},
    onEnd: () => splitter.end(),
    // It went between the look and the opening: the run has ended.
    onError: () => {},
  });
  while (!signal.aborted && existsSync(directory)) await pause(signal);
  await follower.finish();
}

/** Ends early, without an error, when `signal` fires. */
export async function pause(signal: AbortSignal): Promise<void> {
  await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
}
