/** The error for a name that no stack has. */
import { NodeyardError } from '../src/errors.js';

export const unknownStack = (name: string, known: readonly string[]): NodeyardError =>
  new NodeyardError(
    'UNKNOWN_STACK',
    `There is no stack ${JSON.stringify(name)}; known are ${known.join(', ')}.`,
    { field: 'stack' },
  );
