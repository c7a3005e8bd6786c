/** A child process that answers each message with one, as the children of these benchmarks do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Reply {
  readonly answer?: unknown;
  readonly problem?: string;
}

export class Child {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** `script` is a TypeScript file beside this one. Resolves when it is ready. */
  static async start(script: string): Promise<Child> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = new Child(
      spawn(process.execPath, ['--import', 'tsx', path], {
        detached: true,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    );
    await child.#reply();
    return child;
  }

  /** Throws what the child says went wrong. */
  async ask<T>(message: object): Promise<T> {
    const reply = this.#reply();
    this.#process.send(message);
    return (await reply) as T;
  }

  async #reply(): Promise<unknown> {
    const ended = new AbortController();
    const over = once(this.#process, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('a process of the benchmark has ended');
    });
    try {
      const told = once(this.#process, 'message', { signal: ended.signal });
      const [{ answer, problem }] = (await Promise.race([told, over])) as [Reply];
      if (problem !== undefined) throw new Error(problem);
      return answer;
    } finally {
      over.catch(() => undefined);
      ended.abort();
    }
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
