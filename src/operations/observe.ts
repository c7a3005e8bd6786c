/** Follows a run’s messages: progress for people, resources for the record, a touch for the harvest. */
import type { Phase } from '../node/record.js';
import type { TerraformMessage } from '../terraform/messages.js';
import type { RunProgress } from '../terraform/progress.js';
import type { RunSession } from './run-session.js';

export interface RunObserver {
  /** Terraform began to change something. */
  readonly began: boolean;
  /** Addresses of resources whose operation failed. */
  readonly errored: readonly string[];
  /** Addresses of resources that were deleted. */
  readonly deleted: readonly string[];
  onMessage(message: TerraformMessage, progress: RunProgress): void;
}

export function createRunObserver(
  session: Pick<RunSession, 'report' | 'noteResource' | 'forgetResource'>,
  phase: Phase,
  onResourceFinished: () => void,
): RunObserver {
  let began = false;
  const errored: string[] = [];
  const deleted: string[] = [];
  return {
    get began() {
      return began;
    },
    get errored() {
      return errored;
    },
    get deleted() {
      return deleted;
    },
    onMessage(message, { done, total, address }) {
      switch (message.type) {
        case 'apply_start':
          // A data source is read by an "apply" too, and changes nothing.
          if (message.hook.action !== 'read') began = true;
          break;
        case 'apply_complete': {
          const { action, resource, id_value: id } = message.hook;
          if (action === 'delete') {
            deleted.push(resource.address);
            session.forgetResource(resource.address);
          } else if (action !== 'read' && id !== undefined) {
            session.noteResource({ address: resource.address, type: resource.type, id });
          }
          onResourceFinished();
          break;
        }
        case 'apply_errored':
          errored.push(message.hook.resource.address);
          onResourceFinished();
          break;
        default:
          break;
      }
      session.report({ phase, done, total, ...(address === undefined ? {} : { address }) });
    },
  };
}
