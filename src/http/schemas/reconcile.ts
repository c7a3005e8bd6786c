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
  inventories: z
    .array(
      z.object({
        stack: z.string(),
        place: z.string(),
        name: z.string().exactOptional().describe('Of the inventory, once it could be opened.'),
        resources: z.number().exactOptional().describe('How many it lists.'),
        problem: z.string().exactOptional().describe('Why it could not answer.'),
      }),
    )
    .readonly()
    .describe('The places whose turn it was to be asked what exists.'),
});
export type Findings = z.output<typeof findingsSchema>;
