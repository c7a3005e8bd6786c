/** The logs of a node’s runs on this machine: archived ones, and those of runs at work. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OPERATIONS, type Operation } from '../node/lifecycle.js';
import { listRunDirectories } from '../state/run-directory.js';
import type { RunMeta } from '../state/run-meta.js';
import { isMissing } from '../state/run-paths.js';

/** Absolute paths. */
export interface RunPlaces {
  /** Archived logs, a directory for each node. */
  readonly logs: string;
  /** The directories of runs at work. */
  readonly runs: string;
}

export interface RunLog {
  readonly epoch: number;
  readonly operation: Operation;
  readonly runId: string;
  /** Terraform’s JSON lines; missing where it said nothing. */
  readonly log: string;
  /** What it said besides, mostly about a crash; missing where it said nothing. */
  readonly stderr: string;
  /** The directory of a run that is at work or waits for recovery. */
  readonly directory?: string;
  /** Of such a run: whose it is, and since when. */
  readonly current?: Pick<RunMeta, 'owner' | 'createdAt'>;
}

/** By epoch, oldest first. The id must be valid: it becomes part of a path. */
export async function runLogs({ logs, runs }: RunPlaces, nodeId: string): Promise<RunLog[]> {
  const archived = await archivedLogs(join(logs, nodeId));
  const current = await currentLogs(runs, nodeId);
  const found = [...archived.filter(({ runId }) => !current.some((run) => run.runId === runId)), ...current];
  return found.sort((a, b) => a.epoch - b.epoch);
}

async function currentLogs(root: string, nodeId: string): Promise<RunLog[]> {
  const { runs } = await listRunDirectories(root);
  return runs.flatMap(({ meta, log, stderr }) => {
    const { members, operation, runId } = meta;
    const member = members.find((each) => each.nodeId === nodeId);
    if (member === undefined) return [];
    return [{ epoch: member.epoch, operation, runId, log, stderr, directory: dirname(log), current: meta }];
  });
}

/** `<epoch>-<operation>-<runId>.jsonl` and `….stderr.log`; either may be missing. */
async function archivedLogs(directory: string): Promise<RunLog[]> {
  const stems = new Set(
    (await namesIn(directory)).flatMap((name) => /^(.+?)\.(?:jsonl|stderr\.log)$/.exec(name)?.[1] ?? []),
  );
  return [...stems].flatMap((stem) => {
    const [, epoch, word, runId] = /^(\d+)-([a-z]+)-([A-Za-z0-9_-]+)$/.exec(stem) ?? [];
    const operation = OPERATIONS.find((each) => each === word);
    if (epoch === undefined || operation === undefined || runId === undefined) return [];
    const path = join(directory, stem);
    return [{ epoch: Number(epoch), operation, runId, log: `${path}.jsonl`, stderr: `${path}.stderr.log` }];
  });
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
