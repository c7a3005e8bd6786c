/** What a node can be made of. */
import { z } from 'zod';

export const stackSchema = z.object({
  name: z.string(),
  inputs: z
    .record(z.string(), z.unknown())
    .describe('JSON Schema (2020-12) of the inputs, as a request writes them.'),
});
export const stacksSchema = z.object({ stacks: z.array(stackSchema).readonly() });
export const oneStackSchema = z.object({ stack: stackSchema });
