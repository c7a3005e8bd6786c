/** The documents that stand in the fields of a node’s hash and of its events. */
import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';
import { OPERATIONS } from '../node/lifecycle.js';

const diagnostic = z.object({
  severity: z.enum(['error', 'warning']),
  summary: z.string(),
  detail: z.string().exactOptional(),
  address: z.string().exactOptional(),
});

/** A failure without its time, which is the time of the transition. */
export const failureSchema = z.object({
  operation: z.enum([...OPERATIONS, 'health', 'timeout']),
  // A newer nodeyard may have written a code that this one does not know; that makes the record no less readable.
  code: z.enum(ERROR_CODES).catch('UNKNOWN'),
  message: z.string(),
  diagnostics: z.array(diagnostic),
  retryable: z.boolean(),
  attempts: z.number(),
});

export const lastErrorSchema = z.object({ code: z.enum(ERROR_CODES).catch('UNKNOWN'), message: z.string() });
