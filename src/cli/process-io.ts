/** The real process as a command sees it: its streams, its signals. */
import { Interrupts, type Io, type Screen } from './io.js';

/** Pipes and files have no width; this is wide enough for every table and keeps help readable. */
const WIDTH_WITHOUT_TERMINAL = 120;
const HEIGHT_WITHOUT_TERMINAL = 40;
/** Two may be impatience; the third is meant. */
const AT_ONCE = 3;
/** For a command that has nothing to bring home and yet hangs somewhere. */
const PATIENCE_MS = 2_000;

/** What a signal says to a command, and the exit status where it does not end by itself. A closed terminal is an end. */
const SIGNALS = {
  SIGINT: { by: 'SIGINT', status: 130 },
  SIGTERM: { by: 'SIGTERM', status: 143 },
  SIGHUP: { by: 'SIGTERM', status: 143 },
} as const;

/** `head` has seen enough, or the terminal is gone. */
const CLOSED: readonly unknown[] = ['EPIPE', 'EIO'];

/** Takes the process over: its signals become interrupts. To be called once, by the entry of a program. */
export function processIo(): Io {
  const interrupts = new Interrupts();
  let closed = false;
  const screen = (stream: NodeJS.WriteStream): Screen => ({
    write: (text) => {
      if (!closed) stream.write(text);
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? WIDTH_WITHOUT_TERMINAL;
    },
    get rows() {
      return stream.rows ?? HEIGHT_WITHOUT_TERMINAL;
    },
  });
  for (const [signal, { by, status }] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      interrupts.raise(by);
      if (interrupts.count >= AT_ONCE) process.exit(status);
      if (!interrupts.isExitHeld) setTimeout(() => process.exit(status), PATIENCE_MS).unref();
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!CLOSED.includes(error.code)) throw error;
      if (closed) return;
      closed = true;
      interrupts.raise('EPIPE');
    });
  }
  return {
    stdout: screen(process.stdout),
    stderr: screen(process.stderr),
    // Made when it is read: a command that does not read it must not touch it.
    get stdin() {
      return process.stdin;
    },
    env: process.env,
    cwd: process.cwd(),
    interrupts,
  };
}
