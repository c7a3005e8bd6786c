/** Checks of the machine: Node.js, the data directory, its disk, the leftovers in it. */
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { isAlive } from '../../state/owner.js';
import { listRunDirectories } from '../../state/run-directory.js';
import { bytes } from '../times.js';
import { type CheckResult, fail, ok, warn } from './check.js';

const OLDEST_NODE = [20, 19] as const;
/** The AWS provider alone unpacks to 700 MB. */
const ROOMY_BYTES = 3 * 2 ** 30;
const SCARCE_BYTES = 256 * 2 ** 20;

export function checkNode(version = process.versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const fit = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return fit
    ? ok('node', `Node.js ${version}`)
    : fail('node', `Node.js ${version}`, `Use Node.js ${OLDEST_NODE.join('.')} or newer.`);
}

export async function checkDataDirectory({ dataDir }: Config): Promise<CheckResult> {
  const probe = join(dataDir, `.doctor-${process.pid}`);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeFile(probe, 'x', { mode: 0o600 });
    return ok('data-directory', `${dataDir} can be written`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return fail(
      'data-directory',
      `${dataDir} cannot be written (${code})`,
      'Make it writable for this user, or set NODEYARD_DATA_DIR to a directory that is.',
    );
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

export async function checkDisk({ dataDir }: Config): Promise<CheckResult> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const message = `${bytes(free)} free for ${dataDir}`;
  if (free >= ROOMY_BYTES) return ok('disk', message);
  const mend =
    'Free space, or set NODEYARD_DATA_DIR to a larger disk: states and provider plugins are written there.';
  return free < SCARCE_BYTES ? fail('disk', message, mend) : warn('disk', message, mend);
}

/** Directories of runs whose worker is gone, and such as nobody can read. */
export async function checkRunDirectories(runsRoot: string): Promise<CheckResult> {
  const { runs, broken } = await listRunDirectories(runsRoot);
  const left = runs.filter(({ meta }) => isAlive(meta.owner) === 'dead');
  if (broken.length > 0) {
    return warn(
      'run-directories',
      `${broken.length} cannot be read, the first ${broken[0]?.paths.path}: ${broken[0]?.problem}`,
      'They may hold a state: look into terraform.tfstate there, `nodeyard state import` it if it is needed, then remove the directory.',
    );
  }
  if (left.length > 0) {
    return warn(
      'run-directories',
      `${left.length} of workers that ended without storing their state, the first ${left[0]?.path}`,
      'Start a worker here (`nodeyard up` or `nodeyard worker`): it recovers them first.',
    );
  }
  return ok('run-directories', runs.length === 0 ? 'no leftovers' : `${runs.length} at work, no leftovers`);
}
