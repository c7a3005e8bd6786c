/** The logs of a node’s runs on this machine: archived ones, and those of runs at work. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataDirectories } from '../app.js';
import { OPERATIONS, type Operation } from '../node/lifecycle.js';
import { listRunDirectories } from '../state/run-directory.js';
import { isMissing } from '../state/run-paths.js';

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
}

/** By epoch, oldest first. The id must be valid: it becomes part of a path. */
export async function runLogs(
  { logs, runs }: Pick<DataDirectories, 'logs' | 'runs'>,
  nodeId: string,
): Promise<RunLog[]> {
  const archived = await archivedLogs(join(logs, nodeId));
  const current = await currentLogs(runs, nodeId);
  const found = [...archived.filter(({ runId }) => !current.some((run) => run.runId === runId)), ...current];
  return found.sort((a, b) => a.epoch - b.epoch);
}

async function currentLogs(root: string, nodeId: string): Promise<RunLog[]> {
  const { runs } = await listRunDirectories(root);
  return runs.flatMap(({ meta: { members, operation, runId }, log, stderr }) => {
    const member = members.find((each) => each.nodeId === nodeId);
    if (member === undefined) return [];
    return [{ epoch: member.epoch, operation, runId, log, stderr, directory: dirname(log) }];
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
