/**
 * Run directories without a readable `run.json`. It is the first file of a run, so a directory that holds nothing else was
 * left by a worker that died in the making of it; one that holds more may hold a state, and is a person’s to look at.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { unfinishedOf } from '../state/atomic-file.js';
import { isMissing, type RunPaths } from '../state/run-paths.js';

/** A younger one may just be being made. */
const MAKING_MS = 5_000;

/** Removes what was left in the making. Answers `kept` for what somebody should look at. `now`: milliseconds since 1970. */
export async function clearUndescribed(paths: RunPaths, now: number): Promise<'removed' | 'young' | 'kept'> {
  try {
    const { mtimeMs } = await stat(paths.path);
    if (now - mtimeMs < MAKING_MS) return 'young';
    const unfinished = basename(unfinishedOf(paths.metaFile));
    const inMaking = (await readdir(paths.path)).every((name) => name === unfinished);
    if (!inMaking) return 'kept';
    await rm(paths.path, { recursive: true });
    return 'removed';
  } catch (error) {
    return isMissing(error) ? 'removed' : 'kept';
  }
}
