/** `run.json`: what a run directory says of its run, so that whoever finds it knows whose it is. */
import { z } from 'zod';
import { OPERATIONS } from '../node/lifecycle.js';
import { NODE_ID } from '../node/request.js';
import { processOwnerSchema } from './owner.js';

const id = z.string().regex(NODE_ID, 'must be 1–63 letters, digits, "-" or "_"');

const memberSchema = z.strictObject({
  nodeId: id,
  epoch: z.int().positive(),
  /** Of the lease that the run had. */
  holder: z.string().min(1),
});

export const runMetaSchema = z.strictObject({
  version: z.literal(1),
  runId: id,
  operation: z.enum(OPERATIONS),
  /** The nodes that share the run; the directory bears the name of the first. */
  members: z.tuple([memberSchema], memberSchema),
  /** Set where the run destroys what a quarantined document holds: the claim that it has of the entry. */
  quarantine: z.strictObject({ number: z.int().positive(), base: z.int().nonnegative() }).optional(),
  /** The queue job that asked for it. */
  job: z.strictObject({ queue: z.string(), id: z.string(), token: z.string() }).optional(),
  owner: processOwnerSchema,
  /** Milliseconds since 1970. */
  createdAt: z.int().nonnegative(),
});
export type RunMeta = z.infer<typeof runMetaSchema>;
