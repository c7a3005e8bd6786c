/** A request’s inputs, checked by the schema of their stack. */
import type { NodeStack, ValidInputs } from '../../stacks/define.js';
import { NodeyardError } from '../errors.js';
import { parseInput } from '../node/problems.js';
import { looksLikeToken } from './escape.js';

/** Deeper than any real input, and far from the end of the call stack. */
const MAX_DEPTH = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads `inputs` by the stack’s schema; defaults are filled in. Throws INVALID_INPUT that lists every problem and whose
 * field is a path like `inputs.volumes[0].sizeGiB`. The answer is not escaped: `synthesize` does that.
 */
export function parseInputs(stack: NodeStack, inputs: unknown): ValidInputs {
  refuseUnwritable(inputs, 'inputs', 0);
  return parseInput(stack.inputs, inputs, 'inputs');
}

/** What JSON can hold and a configuration cannot, or not without changing it on the way. */
function refuseUnwritable(value: unknown, field: string, depth: number): void {
  if (depth > MAX_DEPTH) throw refuse(field, `must not be nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'string' && LONE_SURROGATE.test(value)) throw refuse(field, 'must be valid Unicode');
  if (typeof value === 'number' && looksLikeToken(value)) {
    throw refuse(field, 'is a number that the CDK keeps for itself; send it as a string');
  }
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      refuseUnwritable(item, `${field}[${index}]`, depth + 1);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const path = `${field}.${key.slice(0, 64)}`;
      if (key === '__proto__') throw refuse(path, 'is a name that cannot be used');
      if (LONE_SURROGATE.test(key)) throw refuse(field, 'must have names of valid Unicode');
      refuseUnwritable(item, path, depth + 1);
    }
  }
}

const refuse = (field: string, message: string): NodeyardError =>
  new NodeyardError('INVALID_INPUT', `${field}: ${message}`, { field });
