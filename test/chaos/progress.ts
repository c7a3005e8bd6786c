/** One line on a terminal that tells where a run stands; without a terminal, one line for each phase. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #drawn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** A line that stays. */
  say(line: string): void {
    this.#clear();
    this.#stream.write(`${line}\n`);
  }

  /** A line that the next one takes the place of. */
  show(line: string): void {
    if (!this.#stream.isTTY) return;
    this.#clear();
    this.#stream.write(line.slice(0, Math.max(20, this.#stream.columns - 1)));
    this.#drawn = true;
  }

  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[2K');
    this.#drawn = false;
  }
}
