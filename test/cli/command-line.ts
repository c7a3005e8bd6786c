/** The command line in this process, with what it sees and says under the test’s control. */
import { Interrupts, type Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import { record } from '../support/leaks/record.js';

export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly tty?: boolean;
  readonly columns?: number;
}

export class CommandLine {
  readonly interrupts = new Interrupts();
  readonly io: Io;
  stdout = '';
  stderr = '';
  readonly #listeners = new Set<() => void>();

  constructor({ env = {}, cwd = '/nonexistent', stdin = '', tty = false, columns = 200 }: Surroundings = {}) {
    const screen = (stream: 'stdout' | 'stderr') => ({
      write: (text: string | Uint8Array) => {
        this[stream] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
        if (stream === 'stderr') record('stderr of a command', text);
        for (const listener of [...this.#listeners]) listener();
      },
      isTTY: tty,
      columns,
      rows: 40,
    });
    this.io = {
      stdout: screen('stdout'),
      stderr: screen('stderr'),
      stdin: (async function* () {
        yield stdin;
      })(),
      env,
      cwd,
      interrupts: this.interrupts,
    };
  }

  run(...argv: string[]): Promise<number> {
    return run(argv, this.io);
  }

  /** Resolves as soon as the pattern has been printed. */
  async printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!pattern.test(this[stream])) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Lines of JSON on stdout. */
  get values(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One call from beginning to end. */
export async function call(argv: readonly string[], surroundings: Surroundings = {}): Promise<Answer> {
  const line = new CommandLine(surroundings);
  const status = await line.run(...argv);
  return { status, stdout: line.stdout, stderr: line.stderr };
}

/** The same with --json: the one value that it prints. */
export async function callJson<T = Record<string, unknown>>(
  argv: readonly string[],
  surroundings: Surroundings = {},
): Promise<{ readonly status: number; readonly value: T; readonly stderr: string }> {
  const { status, stdout, stderr } = await call([...argv, '--json'], surroundings);
  return { status, value: JSON.parse(stdout) as T, stderr };
}

export interface ErrorValue {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly field: string | null;
    readonly mend: string;
  };
}
