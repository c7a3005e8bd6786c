/** What a command sees of the process around it. The entry makes it from the real one, a test from arrays. */

/** Where text goes. `columns` and `rows` are those of the terminal, or a wide default where there is none. */
export interface Screen {
  write(text: string | Uint8Array): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

export interface Io {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupts: Interrupts;
}

/** Why a command has to end before it is done: a signal, or nobody reads its output any more. */
export type InterruptCause = 'SIGINT' | 'SIGTERM' | 'EPIPE';

/** Thrown out of a wait that was interrupted. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly by: InterruptCause;

  constructor(by: InterruptCause) {
    super(`interrupted by ${by}`);
    this.by = by;
  }
}

/** The first interrupt aborts `signal`; later ones only tell that somebody is impatient. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(count: number) => void>();
  #count = 0;
  #held = false;

  /** Its reason is an `Interrupted`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How often the user has asked for an end. */
  get count(): number {
    return this.#count;
  }

  /** A command that has something to bring home says so: it then ends by itself, however long that takes. */
  holdExit(): void {
    this.#held = true;
  }

  get isExitHeld(): boolean {
    return this.#held;
  }

  raise(cause: InterruptCause): void {
    this.#count += 1;
    if (this.#count === 1) this.#controller.abort(new Interrupted(cause));
    for (const listener of [...this.#listeners]) listener(this.#count);
  }

  /** Hears every interrupt from now on. Answers the function that ends it. */
  subscribe(listener: (count: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves at the first interrupt, or at once when there was one. */
  async first(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
