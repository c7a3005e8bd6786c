/** The body of every answer that is not a success, see ../errors.ts. */
import { z } from 'zod';
import { ANSWER_CODES, type ErrorBody } from '../errors.js';

/** Of one thing among many that were asked for at once. */
export const refusalSchema = z.object({
  code: z.enum(ANSWER_CODES).describe('For programs; stable.'),
  message: z.string().describe('For people.'),
  field: z.string().exactOptional().describe('The field that is wrong: `nodes[3].inputs.region`.'),
  mend: z.string().describe('What to do about it.'),
});

export const errorSchema = z.object({
  error: refusalSchema.extend({
    requestId: z.string().describe('Names the request in the server’s log; also in the header X-Request-Id.'),
  }),
}) satisfies z.ZodType<ErrorBody>;
