/**
 * Brings documents to the repository without ever holding up the run: one save is in flight, the newest document waits
 * behind it, and whatever came between is passed over, because a later document tells everything that an earlier one
 * did. While Redis is away the save in hand is tried again, with patience, for as long as anybody wants it.
 *
 *   idle ── put ──► saving ── done, nothing newer ──► idle
 *                     │ ▲
 *      Redis is away  ▼ │ after a pause, with the newest document
 *                   waiting
 */
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import type { SaveResult } from './repository.js';
import type { Wait } from './wait.js';

export interface Saved {
  readonly document: Uint8Array;
  readonly sequence: number;
  readonly result: SaveResult;
}

export interface SaverOptions {
  readonly save: (document: Uint8Array, sequence: number) => Promise<SaveResult>;
  /** Of the first document; each further one has the next number. */
  readonly firstSequence: number;
  /** Pauses between tries in milliseconds; the last one repeats. */
  readonly retryMs: readonly number[];
  readonly wait: Wait;
  readonly log: Log;
  readonly onSaved?: ((saved: Saved) => void) | undefined;
}

type Entry = Omit<Saved, 'result'>;

export class Saver {
  readonly #options: SaverOptions;
  readonly #stopped = new AbortController();
  #sequence: number;
  #next: Entry | undefined;
  #working: Promise<void> | undefined;
  #saved: Saved | undefined;

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#sequence = options.firstSequence;
  }

  /** The last document that was stored. */
  get saved(): Saved | undefined {
    return this.#saved;
  }

  put(document: Uint8Array): void {
    this.#next = { document, sequence: this.#sequence };
    this.#sequence += 1;
    this.#working ??= this.#work();
  }

  /** Settles when nothing is left to save, or at the signal, after which no further try is begun. Never throws. */
  async settled(signal?: AbortSignal): Promise<void> {
    if (this.#working === undefined) return;
    const done = new AbortController();
    const givenUp = new Promise<void>((resolve) => {
      const stop = (): void => {
        this.#stopped.abort();
        resolve();
      };
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', stop, { signal: done.signal });
    });
    await Promise.race([this.#working, givenUp]);
    done.abort();
  }

  async #work(): Promise<void> {
    let failures = 0;
    while (this.#next !== undefined && !this.#stopped.signal.aborted) {
      const entry = this.#next;
      this.#next = undefined;
      if (await this.#try(entry, failures)) {
        failures = 0;
        continue;
      }
      this.#next ??= entry;
      const { retryMs, wait } = this.#options;
      await wait(retryMs[Math.min(failures, retryMs.length - 1)] ?? 0, this.#stopped.signal);
      failures += 1;
    }
    this.#working = undefined;
  }

  /** False when it is worth another try. */
  async #try(entry: Entry, failures: number): Promise<boolean> {
    const { log, save } = this.#options;
    const { sequence } = entry;
    try {
      const result = await save(entry.document, sequence);
      if (failures > 0) log.info({ sequence, tries: failures + 1 }, 'state stored at last');
      this.#record({ ...entry, result });
      return true;
    } catch (error) {
      const again = !(error instanceof NodeyardError) || error.class === 'transient';
      const message = again ? 'state not stored yet, trying again' : 'state not stored';
      if (!again || failures === 0) log.warn({ err: error, sequence }, message);
      return !again;
    }
  }

  #record(saved: Saved): void {
    const { log, onSaved } = this.#options;
    if (saved.result !== 'canonical') {
      log.warn({ sequence: saved.sequence, result: saved.result }, 'state did not become the canonical one');
    }
    this.#saved = saved;
    try {
      onSaved?.(saved);
    } catch (error) {
      log.error({ err: error }, 'a listener of the harvest failed');
    }
  }
}
