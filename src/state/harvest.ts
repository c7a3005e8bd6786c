/**
 * The harvest: while Terraform runs, its state file is read again at every finished resource and brought to the
 * repository. Terraform truncates the file and writes it anew some milliseconds after it has logged the resource (seen
 * with 1.11.4), so one touch means several looks, and a torn look means another one; the last whole document is kept
 * beside it in case the file stays torn for ever.
 */
import { readFile, rm } from 'node:fs/promises';
import type { Log } from '../log.js';
import { writeAtomically } from './atomic-file.js';
import { isCompleteDocument } from './document.js';
import type { SaveResult } from './repository.js';
import { isMissing } from './run-paths.js';
import { type Saved, Saver } from './saver.js';
import { realWait, type Wait } from './wait.js';

export interface HarvesterOptions {
  readonly statePath: string;
  /** Where the last whole document is kept. */
  readonly goodPath: string;
  /** Stores a document; called once at a time. What it throws with class `transient`, or unexpectedly, is tried again. */
  readonly save: (document: Uint8Array, sequence: number) => Promise<SaveResult>;
  /** Above every sequence that the node’s epoch has used before. */
  readonly firstSequence: number;
  /** The document that the run starts from; it is not stored again. */
  readonly initial?: Uint8Array;
  readonly onSaved?: (saved: Saved) => void;
  readonly log: Log;
  readonly timing?: Partial<HarvestTiming>;
}

export interface HarvestTiming {
  /** Pauses between the looks that follow a touch, in milliseconds. */
  readonly lookMs: readonly number[];
  /** Pauses between the tries of a save, in milliseconds; the last one repeats. */
  readonly retryMs: readonly number[];
  readonly wait: Wait;
}
const TIMING: HarvestTiming = {
  lookMs: [5, 20, 100, 500],
  retryMs: [50, 200, 1_000, 2_000],
  wait: realWait,
};

export interface HarvestResult {
  /** The document is in the repository, or is still the one that the run started from. Otherwise keep the directory. */
  readonly stored: boolean;
  /** Where the document went; absent when it was not stored now. */
  readonly result?: SaveResult;
  /** The last whole document; absent when there never was one. */
  readonly document?: Uint8Array;
  /** The file was torn at the end: the document is an earlier copy, and the directory should be recovered. */
  readonly torn: boolean;
}

export interface Harvester {
  /** A resource is finished: look for the state. Returns at once and never throws. */
  touch(): void;
  /**
   * Terraform has ended: looks once more and waits until the last document is stored, or until the signal gives up.
   * Never throws because of the repository.
   */
  finish(signal?: AbortSignal): Promise<HarvestResult>;
}

export function createHarvester(options: HarvesterOptions): Harvester {
  return new StateHarvester(options);
}

type Look = 'whole' | 'torn' | 'nothing';

class StateHarvester implements Harvester {
  readonly #options: HarvesterOptions;
  readonly #timing: HarvestTiming;
  readonly #saver: Saver;
  #good: Uint8Array | undefined;
  /** The looks that the last touch still has ahead begin here in `lookMs`. */
  #step = 0;
  #pause = new AbortController();
  #looking: Promise<void> | undefined;
  #finished: Promise<HarvestResult> | undefined;

  constructor(options: HarvesterOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#good = options.initial;
    this.#saver = new Saver({ ...this.#timing, ...options });
  }

  touch(): void {
    if (this.#finished !== undefined) return;
    this.#step = 0;
    this.#pause.abort();
    this.#looking ??= this.#keepLooking();
  }

  finish(signal?: AbortSignal): Promise<HarvestResult> {
    this.#finished ??= this.#finish(signal);
    return this.#finished;
  }

  async #finish(signal: AbortSignal | undefined): Promise<HarvestResult> {
    this.#step = Number.POSITIVE_INFINITY;
    this.#pause.abort();
    await this.#looking;
    const last = await this.#look();
    await this.#saver.settled(signal);
    const document = this.#good;
    const torn = last === 'torn';
    if (document === undefined) return { stored: true, torn };
    if (document === this.#options.initial) return { stored: true, document, torn };
    const { saved } = this.#saver;
    const stored = saved?.document === document && saved.result !== 'superseded';
    return { stored, ...(saved?.document === document && { result: saved.result }), document, torn };
  }

  async #keepLooking(): Promise<void> {
    const { lookMs, wait } = this.#timing;
    await this.#look();
    while (this.#step < lookMs.length) {
      const pause = lookMs[this.#step] ?? 0;
      this.#step += 1;
      this.#pause = new AbortController();
      await wait(pause, this.#pause.signal);
      await this.#look();
    }
    this.#looking = undefined;
  }

  async #look(): Promise<Look> {
    const bytes = await this.#read();
    if (bytes === undefined) return 'nothing';
    if (this.#good !== undefined && Buffer.compare(bytes, this.#good) === 0) return 'whole';
    if (!isCompleteDocument(bytes)) return 'torn';
    await this.#keep(bytes);
    this.#good = bytes;
    this.#saver.put(bytes);
    return 'whole';
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#options.statePath);
    } catch (error) {
      if (!isMissing(error)) this.#options.log.warn({ err: error }, 'state file cannot be read');
      return undefined;
    }
  }

  /** A copy that cannot be renewed is removed: recovery must never take an old one for the newest. */
  async #keep(document: Uint8Array): Promise<void> {
    const { goodPath, log } = this.#options;
    try {
      await writeAtomically(goodPath, document);
    } catch (error) {
      log.warn({ err: error }, 'no copy of the state could be kept in the run directory');
      await rm(goodPath, { force: true }).catch(() => undefined);
    }
  }
}
