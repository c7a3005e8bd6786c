/**
 * What can still be known of a run whose owner is dead. The processes of the run must have ended, and nobody else may
 * be recovering the same directory: this only reads, and leaves storing and removing to the caller.
 */
import { readFile } from 'node:fs/promises';
import { type LoggedCreate, readApplyLog } from './apply-log.js';
import { inspectState, isCompleteDocument } from './document.js';
import { isMissing, type RunPaths } from './run-paths.js';
import { taint } from './taint.js';

/** Above everything that the run itself can have stored: nothing of that run comes after its recovery. */
export const RECOVERY_SEQUENCE = Number.MAX_SAFE_INTEGER;

export interface RecoveredRun {
  /** The newest whole document, with what was in flight tainted; absent when the run left none. */
  readonly document?: Uint8Array;
  /** Addresses in the document that the next run replaces. */
  readonly tainted: readonly string[];
  /**
   * Creates that the log speaks of and the document does not hold: the kill came before Terraform wrote them down. Only
   * the cloud’s inventory can tell what became of them.
   */
  readonly unrecorded: readonly LoggedCreate[];
  /** Terraform ended by itself and said so: its state is what it meant to leave. */
  readonly graceful: boolean;
  /** The sequence to store the document with, in the run’s own epoch. */
  readonly sequence: number;
}

export interface RecoverOptions {
  /** The document that the repository has of the same epoch, if any; it counts where the directory’s are older. */
  readonly stored?: Uint8Array;
}

export async function recoverDirectory(paths: RunPaths, options: RecoverOptions = {}): Promise<RecoveredRun> {
  const graceful = await endedGracefully(paths.exit);
  const found = await newestDocument(paths, options.stored);
  const log = await readApplyLog(paths.log);
  const unfinished = graceful ? [] : log.unfinished;
  const sequence = RECOVERY_SEQUENCE;
  if (found === undefined) {
    return { tainted: [], unrecorded: [...unfinished, ...log.finished], graceful, sequence };
  }
  const { document, tainted } = taint(
    found,
    unfinished.map((create) => create.address),
  );
  const held = new Set(inspectState(document).addresses);
  const unrecorded = [...unfinished, ...log.finished].filter((create) => !held.has(create.address));
  return { document, tainted, unrecorded, graceful, sequence };
}

/** Terraform ends with 0 or 1; anything else is a signal’s or a crash’s. */
async function endedGracefully(exitPath: string): Promise<boolean> {
  const exit = await readIfThere(exitPath);
  return exit !== undefined && /^[01]$/.test(new TextDecoder().decode(exit).trim());
}

/**
 * Terraform’s own file, unless what it left for a failed last write is newer; the kept copy where the file is torn.
 * Serials of one lineage only grow, so they tell which of two is newer.
 */
async function newestDocument(paths: RunPaths, stored?: Uint8Array): Promise<Uint8Array | undefined> {
  const candidates = await Promise.all([paths.state, paths.erroredState, paths.goodState].map(readIfThere));
  const whole = candidates.filter((bytes) => bytes !== undefined).filter(isCompleteDocument);
  const [first, ...others] = whole;
  if (first === undefined) return stored;
  return [...others, ...(stored === undefined ? [] : [stored])].reduce(newer, first);
}

function newer(a: Uint8Array, b: Uint8Array): Uint8Array {
  const [left, right] = [inspectState(a), inspectState(b)];
  return left.lineage === right.lineage && right.serial > left.serial ? b : a;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
