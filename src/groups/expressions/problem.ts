/** What is wrong with an expression, and where. */
import { NodeyardError } from '../../errors.js';

/** `at` counts from 0; people count from 1. */
export const problem = (text: string, at: number, what: string): NodeyardError =>
  new NodeyardError('INVALID_INPUT', `${what} (character ${at + 1} of ${JSON.stringify(text)})`);
