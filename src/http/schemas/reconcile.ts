/** What a look at the fleet found. */
import { z } from 'zod';

export const findingsSchema = z.object({
  lookedAt: z.number().describe('When it was looked; a look is shown again for a while.'),
  findings: z
    .array(
      z.object({
        rule: z.string(),
        nodeId: z.string().exactOptional(),
        action: z.string().describe('What the reconciler would do.'),
        reason: z.string(),
      }),
    )
    .readonly(),
  more: z.boolean().describe('There were more than are shown.'),
  failures: z
    .array(z.object({ rule: z.string(), message: z.string() }))
    .readonly()
    .describe('Rules that could not look.'),
});
export type Findings = z.output<typeof findingsSchema>;
