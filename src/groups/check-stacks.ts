/** Whether the nodes of every role can be made at all: known before the first is asked for, not from its failure. */
import { NodeyardError } from '../errors.js';
import { type GroupConfig, nodeOf } from './config.js';

/** Throws UNKNOWN_STACK, INVALID_INPUT (field `inputs.…`). */
export type CheckStack = (stack: string, inputs: GroupConfig['inputs']) => void;

/** Throws UNKNOWN_STACK, INVALID_INPUT with the field `roles.<name>.…`. */
export function checkStacks(group: GroupConfig, check: CheckStack): void {
  for (const role of Object.keys(group.roles)) {
    const { stack, inputs } = nodeOf(group, role);
    try {
      check(stack, inputs);
    } catch (error) {
      if (!(error instanceof NodeyardError)) throw error;
      const field = `roles.${role}.${error.field ?? 'stack'}`;
      throw new NodeyardError(error.code, `roles.${role}: ${error.message}`, { field, cause: error });
    }
  }
}
