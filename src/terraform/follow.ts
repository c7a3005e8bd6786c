/**
 * Follows a file that another process appends to. The file is the buffer: a reader that is slower than the writer holds
 * one chunk, never the backlog.
 */
import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
/** Change notices may be lost or not be had at all (network file systems, the kernel’s limit of watches). */
const POLL_MS = 500;

export interface FollowOptions {
  readonly path: string;
  /** The chunk’s memory is used again after the call. */
  readonly onChunk: (chunk: Uint8Array) => void;
  /**
   * When the file has grown beyond this, `onLimit` is called, once. From then on the file is cut back to this size
   * whenever it has been read, so that a writer who does not stop cannot fill the disk. The writer must append. What it
   * writes in the very moment of the cut is lost.
   */
  readonly maxBytes: number;
  readonly onLimit: () => void;
  /** Everything was read, after the writer’s end. */
  readonly onEnd: () => void;
  /** The file cannot be read any more. */
  readonly onError: (error: unknown) => void;
}

export class FileFollower {
  readonly #options: FollowOptions;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  readonly #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;
  #file: FileHandle | undefined;
  #offset = 0;
  #overLimit = false;
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#watcher = watchFile(options.path, () => this.#wake());
    this.#poll = setInterval(() => this.#wake(), POLL_MS);
    this.#wake();
  }

  /** Reads what is left, after the writer has ended, and lets go of the file. */
  async finish(): Promise<void> {
    this.#watcher?.close();
    clearInterval(this.#poll);
    await this.#reading;
    this.#wake();
    await this.#reading;
    await this.#file?.close();
    this.#options.onEnd();
  }

  /** One reader at a time; a notice during a read means one more read. */
  #wake(): void {
    this.#again = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
  }

  async #readAll(): Promise<void> {
    try {
      this.#file ??= await open(this.#options.path, 'r+');
      while (this.#again) {
        this.#again = false;
        await this.#readToEnd(this.#file);
      }
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #readToEnd(file: FileHandle): Promise<void> {
    for (;;) {
      const { bytesRead } = await file.read(this.#buffer, 0, CHUNK_BYTES, this.#offset);
      this.#offset += bytesRead;
      if (bytesRead > 0) this.#options.onChunk(this.#buffer.subarray(0, bytesRead));
      if (this.#offset > this.#options.maxBytes) this.#noticeLimit();
      const { maxBytes } = this.#options;
      // A chunk that is not full is the end: what comes after it brings a notice of its own.
      const atEnd = bytesRead < CHUNK_BYTES;
      if (this.#offset > (atEnd ? maxBytes : 2 * maxBytes)) await this.#cutBack(file);
      if (atEnd) return;
    }
  }

  #noticeLimit(): void {
    if (this.#overLimit) return;
    this.#overLimit = true;
    this.#options.onLimit();
  }

  async #cutBack(file: FileHandle): Promise<void> {
    await file.truncate(this.#options.maxBytes);
    this.#offset = this.#options.maxBytes;
  }
}

function watchFile(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    // The poll goes on where the watch fails.
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
