/** Whether a server lives, and can do its work. */
import { z } from 'zod';

export const livenessSchema = z.object({ status: z.literal('ok') });
export const readinessSchema = z.object({
  status: z.enum(['ready', 'not-ready']),
  dependencies: z.record(z.string(), z.string()).describe('`ok`, or what is wrong with it.'),
});
