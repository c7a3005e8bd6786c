/** One call of the command line, as its command sees it. */
import type { ExitName } from './exit-status.js';
import type { Io } from './io.js';
import type { Output } from './output.js';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly dataDir?: string;
  readonly redis?: string;
  readonly api?: string;
  readonly allowPlainHttp?: boolean;
  readonly logLevel?: string;
  /** False for `--no-color`. */
  readonly color: boolean;
}

export interface Call {
  readonly io: Io;
  readonly output: Output;
  readonly options: GlobalOptions;
}

/** Runs a command’s action within a call; the answer becomes the exit status. */
export type Act = (action: (call: Call) => Promise<ExitName>) => Promise<void>;
