/**
 * Room on the disk for what a run has to write. Terraform on a full disk makes a machine all the same, and then cannot write down
 * that there is one: neither into its state nor into its log.
 */
import { statfs } from 'node:fs/promises';
import { NodeyardError } from '../errors.js';

/** A state of a few hundred resources, twice, and the log of a run that goes well. */
const LEAST_BYTES = 16 * 1024 * 1024;

/** Throws DISK_FULL where less is free in the directory, which must exist. */
export async function requireRoom(directory: string, leastBytes = LEAST_BYTES): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= leastBytes) return;
  const [have, want] = [free, leastBytes].map((bytes) => `${Math.floor(bytes / 1024 / 1024)} MiB`);
  throw new NodeyardError(
    'DISK_FULL',
    `only ${have} are free in ${directory}; a run is not begun below ${want}`,
  );
}
