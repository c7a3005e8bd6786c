/** What callers give is checked before any of it becomes part of a key. */
import { NodeyardError } from '../errors.js';
import { NODE_ID } from '../node/request.js';

export function checkId(nodeId: string, field = 'nodeId'): void {
  if (!NODE_ID.test(nodeId))
    throw new NodeyardError('INVALID_INPUT', `${field}: is not a node id`, { field });
}

export function checkNumber(field: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new NodeyardError('INVALID_INPUT', `${field}: must be a whole number from ${min} to ${max}`, {
    field,
  });
}
