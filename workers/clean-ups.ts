/** The Terraform runs on quarantined documents that are at work in this process: a few at once, beside the jobs. */
import { NodeyardError } from '../src/errors.js';
import type { CleanUps } from '../src/fleet/reconcile/context.js';
import type { OperationDependencies } from '../src/operations/dependencies.js';
import { type DestroyedQuarantined, destroyQuarantined } from '../src/operations/destroy-quarantined.js';
import type { RunningOperations } from './running.js';

export interface CleanUpsRequest {
  readonly operations: OperationDependencies;
  readonly running: RunningOperations;
  readonly most: number;
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
  readonly abandon: AbortSignal;
  /** Hears how each ended; undefined where it threw. */
  readonly onEnded?: (result: DestroyedQuarantined | undefined) => void;
}

export function createCleanUps(request: CleanUpsRequest): CleanUps {
  const { operations, running, most, retry, abandon, onEnded } = request;
  const { log } = operations;
  return {
    start({ nodeId, epoch }) {
      const key = `${nodeId}.${epoch}`;
      if (running.size >= most || running.find(key) !== undefined) return false;
      running
        .run(key, 'destroy', (onSession) =>
          destroyQuarantined(operations, { nodeId, epoch, retry, onSession, abandon }),
        )
        .then(
          (result) => {
            onEnded?.(result);
            log.info({ nodeId, epoch, result: result.kind }, 'worked on a quarantined state');
          },
          // Its claim ends by itself, and the next look finds it again.
          (error: unknown) => {
            onEnded?.(undefined);
            log.warn(
              {
                nodeId,
                epoch,
                code: error instanceof NodeyardError ? error.code : undefined,
                error: String(error),
              },
              'a quarantined state could not be worked on; tried again',
            );
          },
        );
      return true;
    },
  };
}
