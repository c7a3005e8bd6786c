/**
 * Brings home what a dead worker left in this machine’s run directories: the state that Terraform wrote last, with what
 * was in flight marked as tainted. Done at start for all, and before any run of a node for that node, because the
 * recovered state belongs to an epoch that the next run ends.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import type { ProcessOwner } from '../state/owner.js';
import type { Quarantine } from '../state/quarantine.js';
import { recoverDirectory } from '../state/recover-directory.js';
import type { StateRepository } from '../state/repository.js';
import { clearRemoved, listRunDirectories, type RunDirectory } from '../state/run-directory.js';
import type { RunMeta } from '../state/run-meta.js';
import type { NodeStore } from '../store/store.js';
import { archiveLogs } from './archive.js';
import type { Machine } from './machine.js';
import { recoverQuarantined } from './recover-quarantined.js';
import { clearUndescribed } from './undescribed.js';

/** `busy`: somebody, perhaps Terraform itself, is still at a directory of the node; look again soon. */
export type Recovered = 'clear' | 'busy';

export interface RecoveryParts {
  readonly store: Pick<NodeStore, 'release' | 'note'>;
  readonly states: Pick<StateRepository, 'save' | 'load'>;
  readonly quarantine: Pick<Quarantine, 'amend' | 'release' | 'keepConfiguration'>;
  readonly machine: Omit<Machine, 'start'>;
  readonly directories: { readonly runs: string; readonly logs: string; readonly locks: string };
  readonly redact: (text: string) => string;
  /** How long a Terraform that outlived its worker may take to end. */
  readonly graceMs: number;
  /** A directory of another machine counts as left when nothing in it has changed for so long. */
  readonly silentMs: number;
  /** Hears of each run whose directory is gone, to give its job back. */
  readonly onRecovered: (run: RunMeta) => Promise<void>;
  readonly log: Log;
  readonly now: () => number;
}

export class Recovery {
  readonly #parts: RecoveryParts;
  /** Runs of this process that are at work, by run id. */
  readonly #own = new Set<string>();
  readonly #recovering = new Map<string, Promise<Recovered>>();

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Keeps a run of this process from being taken for a leftover while `work` lasts. */
  async protect<T>(runId: string, work: () => Promise<T>): Promise<T> {
    this.#own.add(runId);
    try {
      return await work();
    } finally {
      this.#own.delete(runId);
    }
  }

  /** Recovers the directories of one node that are nobody’s any more. Throws REDIS_UNAVAILABLE. */
  async node(nodeId: string): Promise<Recovered> {
    const { runs } = await listRunDirectories(this.#parts.directories.runs, nodeId);
    // A run on a quarantined document is none on the node’s own: whoever needs that document waits for its claim.
    const own = runs.filter(({ meta }) => meta.quarantine === undefined);
    const results = await Promise.all(own.map((directory) => this.#recover(directory)));
    return results.includes('busy') ? 'busy' : 'clear';
  }

  /** Recovers what it can at once and answers how many directories are left; those are looked at again soon. */
  async all(): Promise<{ readonly busy: number }> {
    const { directories, log, now } = this.#parts;
    await clearRemoved(directories.runs);
    const { runs, broken } = await listRunDirectories(directories.runs);
    for (const { paths, problem } of broken) {
      const kept = (await clearUndescribed(paths, now())) === 'kept';
      if (kept) log.error({ directory: paths.path, problem }, 'unreadable run directory');
    }
    const results = await Promise.all(
      runs.map((directory) =>
        this.#recover(directory).catch((error: unknown): Recovered => {
          log.error(
            { directory: directory.path, error: String(error) },
            'run not recovered; tried again later',
          );
          return 'busy';
        }),
      ),
    );
    return { busy: results.filter((result) => result === 'busy').length };
  }

  /** Waits for recoveries that were begun, so that a shutdown does not cut them. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#recovering.values());
  }

  async #recover(directory: RunDirectory): Promise<Recovered> {
    const { runId, owner } = directory.meta;
    if (this.#own.has(runId) || this.#recovering.has(runId)) return 'busy';
    if (!(await this.#isLeft(directory))) return 'busy';
    const ended = (await this.#parts.machine.runProcesses(runId)).length === 0;
    if (this.#recovering.has(runId)) return 'busy';
    const work = this.#alone(directory).finally(() => this.#recovering.delete(runId));
    this.#recovering.set(runId, work);
    if (ended) return work;
    // A Terraform that outlived its worker may take minutes; whoever asked must not wait for it in a queue’s slot.
    work.catch((error: unknown) => {
      this.#parts.log.warn({ runId, owner, error: String(error) }, 'run not recovered; tried again later');
    });
    return 'busy';
  }

  async #isLeft(directory: RunDirectory): Promise<boolean> {
    const { machine } = this.#parts;
    switch (machine.liveness(directory.meta.owner)) {
      case 'alive':
        // This process itself, at a run that has ended without its state being stored: nobody else will do it.
        return isSame(machine.self(), directory.meta.owner);
      case 'dead':
        return true;
      case 'elsewhere':
        // A container with a new name on the old volume, or a shared one: Terraform prints every ten seconds, so silence tells.
        return this.#parts.now() - (await lastChange(directory)) > this.#parts.silentMs;
    }
  }

  /** Another worker on the same data directory may have found it as well: one recovers, the other looks again. */
  async #alone(directory: RunDirectory): Promise<Recovered> {
    const { log, directories, machine } = this.#parts;
    await mkdir(directories.locks, { recursive: true, mode: 0o700 });
    const lock = {
      path: join(directories.locks, `run-${directory.meta.runId}`),
      waitMs: 0,
      what: 'a recovery',
      log,
    };
    const locked = await machine.alone(lock, async () => {
      // It may have been recovered between the look and the lock.
      if (existsSync(directory.metaFile)) await this.#bringHome(directory);
    });
    return locked === undefined ? 'busy' : 'clear';
  }

  async #bringHome(directory: RunDirectory): Promise<void> {
    const { machine, graceMs, directories, redact, onRecovered } = this.#parts;
    const run = directory.meta;
    const { killed } = await machine.endRunProcesses(run.runId, { graceMs, pidFile: directory.pid });
    if (!(await recoverQuarantined(this.#parts, directory))) await this.#storeStates(directory, killed);
    await archiveLogs(directory, directories.logs, redact);
    await directory.remove();
    await onRecovered(run);
  }

  async #storeStates(directory: RunDirectory, killed: boolean): Promise<void> {
    const { store, states, quarantine, log } = this.#parts;
    const run = directory.meta;
    for (const { nodeId, epoch, holder } of run.members) {
      const stored = await states.load(nodeId);
      const { document, tainted, unrecorded, graceful, sequence } = await recoverDirectory(
        directory,
        stored?.epoch === epoch ? { stored: stored.document } : {},
      );
      const saved =
        document === undefined ? undefined : await states.save(nodeId, { epoch, sequence, document });
      if (saved === 'quarantined') {
        const configuration = await readFile(directory.configuration, 'utf8').catch(() => undefined);
        if (configuration !== undefined) await quarantine.keepConfiguration({ nodeId, epoch }, configuration);
      }
      log.info(
        { nodeId, epoch, runId: run.runId, saved, tainted, unrecorded, graceful, killed },
        'recovered a run',
      );
      const reason = [
        `recovered the ${run.operation} run of epoch ${epoch}: state ${saved ?? 'none'}`,
        ...(tainted.length === 0 ? [] : [`to be replaced: ${tainted.join(', ')}`]),
        ...(unrecorded.length === 0
          ? []
          : [`not in the state: ${unrecorded.map(({ address }) => address).join(', ')}`]),
      ].join('; ');
      await store.note(nodeId, { actor: 'reconciler', reason });
      await store.release(nodeId, { epoch, holder });
    }
  }
}

const isSame = (a: ProcessOwner, b: ProcessOwner): boolean =>
  a.pid === b.pid && a.startedAt === b.startedAt && a.boot === b.boot && a.host === b.host;

async function lastChange(directory: RunDirectory): Promise<number> {
  const files = [directory.metaFile, directory.log, directory.state, directory.goodState];
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}
