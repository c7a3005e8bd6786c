/** What drives an operation hands it. */
import type { Progress } from '../node/record.js';
import type { JobRef, Session } from './session.js';

export interface OperationRequest {
  readonly nodeId: string;
  readonly job?: JobRef;
  readonly onProgress?: (progress: Progress) => void;
  /** Gets the session as soon as the lease is taken, to be able to stop it. */
  readonly onSession?: (session: Session) => void;
  /** A line for people who look at the job. */
  readonly logLine?: (line: string) => void;
  /** Fires when even storing must be given up. */
  readonly abandon?: AbortSignal;
}
