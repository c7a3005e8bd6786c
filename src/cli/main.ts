/** The entry: the real process around `run`. The only file that handles signals or sets the exit status. */
import { Interrupts, type Io, type Screen } from './io.js';
import { run } from './run.js';

/** Pipes and files have no width; this is wide enough for every table and keeps help readable. */
const WIDTH_WITHOUT_TERMINAL = 120;
const HEIGHT_WITHOUT_TERMINAL = 40;
/** Two may be impatience; the third is meant. */
const AT_ONCE = 3;

const interrupts = new Interrupts();
let closed = false;

function screen(stream: NodeJS.WriteStream): Screen {
  return {
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
  };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupts.raise(signal);
    if (interrupts.count >= AT_ONCE) process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (closed) return;
    closed = true;
    interrupts.raise('EPIPE');
  });
}

const io: Io = {
  stdout: screen(process.stdout),
  stderr: screen(process.stderr),
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  interrupts,
};
process.exitCode = await run(process.argv.slice(2), io);
