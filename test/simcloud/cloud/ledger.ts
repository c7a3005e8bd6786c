/**
 * The ledger: one JSON line for each call, with what it changed. It is appended before a call is answered, so that what a
 * caller was told is never lost; a cloud that is started again on it has everything it had.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Caller } from '../api.js';
import type { CloudRecord } from './records.js';

export interface LedgerEntry {
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly call: string;
  readonly region: string;
  readonly caller: Caller;
  /** Where it is not the cloud’s first one. */
  readonly account?: string;
  /** The node whose resource the call made, changed or asked for, by its ownership tag. */
  readonly node?: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Resources as the call left them. */
  readonly effect: readonly CloudRecord[];
  /** The cloud’s refusal. */
  readonly error?: string;
  /** The fault that struck the call. */
  readonly fault?: string;
}

export class Ledger {
  readonly #file: string;
  readonly #entries: LedgerEntry[];

  constructor(file: string) {
    this.#file = file;
    this.#entries = existsSync(file) ? wholeLines(readFileSync(file, 'utf8')) : [];
  }

  append(entry: LedgerEntry): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
    this.#entries.push(entry);
  }

  entries(): readonly LedgerEntry[] {
    return this.#entries;
  }
}

/** A kill may have torn the last line. Its caller has got no answer. */
function wholeLines(text: string): LedgerEntry[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as LedgerEntry);
}
