/**
 * Since when something has been seen, for what EC2 gives no time of creation. Its age counts from there, so nothing that may be
 * a minute old is taken for old; and a file of this machine keeps it, so that the age survives the process and a command that
 * looks once knows what the worker has long seen. What is not listed any more is forgotten.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const times = z.record(z.string(), z.int().min(0));

export class FirstSight {
  readonly #file: string;
  readonly #now: () => number;
  #seen: ReadonlyMap<string, number>;

  private constructor(file: string, now: () => number, seen: ReadonlyMap<string, number>) {
    this.#file = file;
    this.#now = now;
    this.#seen = seen;
  }

  /** A file that is absent, torn or of somebody else is as if nothing had been seen: everything is young again. */
  static async open(file: string, now: () => number): Promise<FirstSight> {
    const text = await readFile(file, 'utf8').catch(() => '{}');
    return new FirstSight(file, now, new Map(Object.entries(timesIn(text))));
  }

  /** Gives the time (ms since 1970) of each id. `whole`: there are no others, so others are forgotten. */
  async of(ids: readonly string[], whole: boolean): Promise<(id: string) => number> {
    const now = this.#now();
    // The clock may have been set back since.
    const sight = new Map(ids.map((id) => [id, Math.min(this.#seen.get(id) ?? now, now)]));
    const before = this.#seen;
    this.#seen = whole ? sight : new Map([...before, ...sight]);
    const same = before.size === this.#seen.size && ids.every((id) => before.get(id) === sight.get(id));
    if (!same) await this.#write();
    return (id) => sight.get(id) ?? now;
  }

  async #write(): Promise<void> {
    // A name of its own: a command may write at the same time as the worker, and the last whole one stays.
    const beside = `${this.#file}.${randomUUID()}`;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(beside, JSON.stringify(Object.fromEntries(this.#seen)), { mode: 0o600 });
      await rename(beside, this.#file);
    } catch {
      // What cannot be kept is young again in the next process, which destroys nothing too early.
      await rm(beside, { force: true }).catch(() => undefined);
    }
  }
}

function timesIn(text: string): Readonly<Record<string, number>> {
  try {
    return times.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
