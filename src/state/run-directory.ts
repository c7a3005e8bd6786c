/**
 * The directory of one Terraform run: `<root>/<nodeId>.<epoch>.<runId>/`, private to its owner. It is at once the place
 * where Terraform works and the spool that keeps the state while Redis is away.
 */
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NodeyardError } from '../errors.js';
import { writeAtomically } from './atomic-file.js';
import { requireRoom } from './room.js';
import { type RunMeta, runMetaSchema } from './run-meta.js';
import { isMissing, REMOVED, RunPaths } from './run-paths.js';

export class RunDirectory extends RunPaths {
  readonly meta: RunMeta;

  constructor(path: string, meta: RunMeta) {
    super(path);
    this.meta = meta;
  }
}

/** A directory whose `run.json` cannot be read. It may hold a state, so it is reported and never deleted silently. */
export interface BrokenRunDirectory {
  readonly paths: RunPaths;
  readonly problem: string;
}

/** Makes the directory (mode 0700, and its root) and writes `run.json` before anything else. Throws INVALID_INPUT, DISK_FULL. */
export async function createRunDirectory(root: string, meta: RunMeta): Promise<RunDirectory> {
  const valid = runMetaSchema.safeParse(meta);
  if (!valid.success) {
    const [issue] = valid.error.issues;
    const field = `meta.${issue?.path.join('.') ?? ''}`;
    throw new NodeyardError('INVALID_INPUT', `${field}: ${issue?.message ?? 'invalid'}`, { field });
  }
  const directory = new RunDirectory(join(root, formatName(valid.data)), valid.data);
  await mkdir(root, { recursive: true, mode: 0o700 });
  await requireRoom(root);
  await mkdir(directory.path, { mode: 0o700 });
  await writeAtomically(directory.metaFile, `${JSON.stringify(valid.data, null, 2)}\n`, { durable: true });
  return directory;
}

/** Throws STATE_UNREADABLE when it is not the directory of a run or its `run.json` cannot be read. */
export async function openRunDirectory(path: string): Promise<RunDirectory> {
  const paths = new RunPaths(path);
  const problem = (what: string): NodeyardError =>
    new NodeyardError('STATE_UNREADABLE', `${basename(path)} is not a whole run directory: ${what}`);
  if (paths.name === undefined) throw problem('its name is not <node id>.<epoch>.<run id>');
  const entry = await lstat(path).catch(() => undefined);
  if (entry?.isDirectory() !== true) throw problem('it is not a directory');
  const text = await readFile(paths.metaFile, 'utf8').catch(() => undefined);
  if (text === undefined) throw problem('it has no run.json');
  const meta = runMetaSchema.safeParse(parseJson(text));
  if (!meta.success) throw problem(`run.json: ${meta.error.issues[0]?.message ?? 'invalid'}`);
  if (formatName(meta.data) !== basename(path)) throw problem('run.json is that of another run');
  return new RunDirectory(path, meta.data);
}

export interface RunDirectories {
  readonly runs: readonly RunDirectory[];
  readonly broken: readonly BrokenRunDirectory[];
}

/**
 * Every run directory below the root, by name; of one node only, where it is given. Plain files are passed over, and so
 * is a directory that goes away meanwhile; a missing root holds none.
 */
export async function listRunDirectories(root: string, nodeId?: string): Promise<RunDirectories> {
  const runs: RunDirectory[] = [];
  const broken: BrokenRunDirectory[] = [];
  for (const name of await directoriesIn(root)) {
    if (name.startsWith(REMOVED)) continue;
    if (nodeId !== undefined && !name.startsWith(`${nodeId}.`)) continue;
    const path = join(root, name);
    try {
      runs.push(await openRunDirectory(path));
    } catch (error) {
      if (!(error instanceof NodeyardError)) throw error;
      if (existsSync(path)) broken.push({ paths: new RunPaths(path), problem: error.message });
    }
  }
  return { runs, broken };
}

/** Finishes the removals that a crash interrupted; answers how many. */
export async function clearRemoved(root: string): Promise<number> {
  const removed = (await directoriesIn(root)).filter((name) => name.startsWith(REMOVED));
  for (const name of removed) await rm(join(root, name), { recursive: true, force: true });
  return removed.length;
}

async function directoriesIn(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function formatName({ runId, members: [first] }: RunMeta): string {
  return `${first.nodeId}.${first.epoch}.${runId}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
