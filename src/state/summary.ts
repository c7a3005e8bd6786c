/** What is kept beside a stored document, so that it can be listed without being unpacked. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { inspectState } from './document.js';
import type { StateSummary } from './repository.js';

/** The scripts read `epoch`, `sequence`, `resources` and `imported`. */
const storedSummarySchema = z.object({
  epoch: z.int().nonnegative(),
  sequence: z.int().nonnegative(),
  savedAt: z.int(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  resources: z.int().nonnegative(),
  /** An operator put it there; no run of the same epoch may write over it. */
  imported: z.boolean(),
});
export type StoredSummary = z.infer<typeof storedSummarySchema>;

export const sha256Of = (document: Uint8Array): string => createHash('sha256').update(document).digest('hex');

/** Throws STATE_UNREADABLE when it is not a state document. */
export function summarize(
  document: Uint8Array,
  facts: Pick<StoredSummary, 'epoch' | 'sequence' | 'savedAt' | 'imported'>,
): StoredSummary {
  const { resources } = inspectState(document);
  return { ...facts, bytes: document.byteLength, sha256: sha256Of(document), resources };
}

/** Throws RECORD_UNREADABLE. */
export function readSummary(nodeId: string, text: string): StateSummary {
  const { epoch, savedAt, bytes, sha256, resources } = readStoredSummary(nodeId, text);
  return { nodeId, epoch, savedAt, bytes, sha256, resources };
}

/** With what only the scripts look at. Throws RECORD_UNREADABLE. */
export function readStoredSummary(nodeId: string, text: string): StoredSummary {
  try {
    return storedSummarySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new NodeyardError(
      'RECORD_UNREADABLE',
      `the summary of a stored state of ${nodeId} cannot be read`,
      { cause },
    );
  }
}
