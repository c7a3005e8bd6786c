/** The states that people may ask for: the others are for runs and for nodes themselves. */
import { NodeyardError } from '../errors.js';
import { type NodeState, transitionsTo } from './lifecycle.js';

/** Throws INVALID_INPUT for a state that no operator can move a node to. */
export function checkAskedState(to: NodeState): void {
  if (to !== 'REQUESTED' && transitionsTo(to, 'operator').length > 0) return;
  throw new NodeyardError('INVALID_INPUT', `to: ${to} is no state that an operator can ask for`, {
    field: 'to',
  });
}
