/** Bytes to lines, with bounded memory whatever comes. */

const MAX_LINE_BYTES = 1024 * 1024;

export interface Line {
  readonly text: string;
  /** The line was longer than the limit; the rest of it was dropped. */
  readonly cut: boolean;
}

/** Splits at the newline byte before decoding, so that a chunk may end inside a character. */
export class LineSplitter {
  readonly #emit: (line: Line) => void;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #held = 0;
  #cut = false;

  constructor(emit: (line: Line) => void, maxBytes = MAX_LINE_BYTES) {
    this.#emit = emit;
    this.#maxBytes = maxBytes;
  }

  /** Bytes kept of the unfinished line; never more than the limit. */
  get heldBytes(): number {
    return this.#held;
  }

  /** The chunk is copied where it must be kept, so its memory may be used again. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      this.#hold(bytes.subarray(start, end));
      this.#finish();
      start = end + 1;
    }
    this.#hold(bytes.subarray(start));
  }

  /** The last line may lack its newline. */
  end(): void {
    if (this.#held > 0 || this.#cut) this.#finish();
  }

  #hold(bytes: Buffer): void {
    const room = this.#maxBytes - this.#held;
    if (bytes.length > room) this.#cut = true;
    const kept = bytes.subarray(0, room);
    if (kept.length === 0) return;
    this.#parts.push(Buffer.from(kept));
    this.#held += kept.length;
  }

  #finish(): void {
    const text = Buffer.concat(this.#parts, this.#held).toString('utf8');
    const line = { text: text.endsWith('\r') ? text.slice(0, -1) : text, cut: this.#cut };
    this.#parts = [];
    this.#held = 0;
    this.#cut = false;
    this.#emit(line);
  }
}
