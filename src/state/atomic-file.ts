/** Files that are whole or absent: written beside their place and renamed into it. */
import { open, rename, rm } from 'node:fs/promises';

export interface AtomicWriteOptions {
  /** Survives a power cut as well; costs some milliseconds. */
  readonly durable?: boolean;
}

/** Where a file is while it is being written; what a crash leaves of it. */
export const unfinishedOf = (path: string): string => `${path}.part`;

/** One writer per path: two at once would share the temporary file. Readable by its owner alone. */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string,
  { durable = false }: AtomicWriteOptions = {},
): Promise<void> {
  const beside = unfinishedOf(path);
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(content);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
