/** The end of a run: its last state, marked where a kill left something half done, and stored. */
import type { Harvester } from '../state/harvest.js';
import { recoverDirectory } from '../state/recover-directory.js';
import type { SaveResult } from '../state/repository.js';
import type { RunDirectory } from '../state/run-directory.js';
import { endedByItself } from '../terraform/exit-file.js';
import type { RunResult } from '../terraform/start.js';
import type { RunSession } from './run-session.js';

export interface EndedRun {
  readonly directory: RunDirectory;
  readonly harvester: Harvester;
  readonly result: RunResult;
  readonly save: (document: Uint8Array, sequence: number) => Promise<SaveResult>;
}

export interface BroughtHome {
  /** False: the directory has what the repository has not, and must stay. */
  readonly stored: boolean;
  /** Terraform has ended by itself, and the document is the last that it wrote. */
  readonly whole: boolean;
  /** The state as the run left it; absent when it never wrote one. */
  readonly document?: Uint8Array;
}

export async function bringHome(
  session: RunSession,
  { directory, harvester, result, save }: EndedRun,
): Promise<BroughtHome> {
  const harvest = await harvester.finish(session.abandon);
  const harvested = harvest.document === undefined ? {} : { document: harvest.document };
  const whole = endedByItself(result) && !harvest.torn;
  // What could not be stored stays in its directory, and its recovery does the rest.
  if (whole || !harvest.stored) return { stored: harvest.stored, whole, ...harvested };
  const stored = harvest.document === undefined ? {} : { stored: harvest.document };
  const { document, tainted, unrecorded } = await recoverDirectory(directory, stored);
  session.log.warn({ tainted, unrecorded }, 'Terraform was killed; what it had in flight will be replaced');
  if (unrecorded.length > 0) {
    const addresses = unrecorded.map(({ address }) => address).join(', ');
    await session.note(`Terraform was killed; begun and in no state: ${addresses}`);
  }
  if (document === undefined) return { stored: true, whole };
  await save(document, session.nextFirstSequence());
  return { stored: true, whole, document };
}
