/**
 * What somebody may ask for: the schemas of a node request and of the two jobs. They are the only validation of what
 * comes from outside, and the source of the published JSON Schema (`schema/*.json`).
 */
import { z } from 'zod';

/** Ids become Redis keys, directory names and construct ids, so they are words without separators. */
export const NODE_ID = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/;

const nodeId = z
  .string()
  .regex(NODE_ID, 'must be 1–63 letters, digits, "-" or "_", beginning and ending with a letter or digit');
const name = z
  .string()
  .regex(NAME, 'must be 1–63 letters, digits, ".", "-" or "_", beginning with a letter or digit');

/** Tag keys and values as AWS takes them: the strictest of the clouds that we know. */
const tags = z
  .record(
    z
      .string()
      .min(1)
      .max(128)
      .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u, 'must be letters, digits, spaces or one of _ . : / = + - @')
      .refine(
        (key) => !/^(aws|nodeyard):/i.test(key),
        'must not begin with "aws:" or "nodeyard:", which are reserved',
      ),
    z
      .string()
      .max(256)
      .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, 'must be letters, digits, spaces or one of _ . : / = + - @'),
  )
  .refine((value) => Object.keys(value).length <= 40, 'must be at most 40 tags');

const labels = z
  .record(name, z.string().max(256))
  .refine((value) => Object.keys(value).length <= 64, 'must be at most 64 labels');

/** Inputs are checked by their stack’s own schema; here only their size is bounded (bytes of JSON). */
export const MAX_INPUTS_BYTES = 256 * 1024;
const inputs = z
  .record(z.string(), z.json())
  .refine(
    (value) => JSON.stringify(value).length <= MAX_INPUTS_BYTES,
    `must be at most ${MAX_INPUTS_BYTES} bytes of JSON`,
  );

export const nodeRequestSchema = z.strictObject({
  id: nodeId.optional().describe('The node’s id; made by nodeyard when absent.'),
  group: name.describe('The group that the node belongs to.'),
  role: name.describe('What the node is for within its group.'),
  stack: name.describe('The stack that describes the node: `local-node`, `aws-node` or one of your own.'),
  inputs: inputs.default({}).describe('The stack’s inputs, checked by the stack’s own schema.'),
  tags: tags.optional().describe('Tags for every resource that can bear them.'),
  labels: labels.optional().describe('Free words for your own use; nodeyard only keeps them.'),
  ttl: z.int().min(60).max(315_360_000).optional().describe('Seconds after which the node may be destroyed.'),
  requestId: name.optional().describe('Idempotency key: the same key twice makes one node.'),
  onFailure: z
    .enum(['cleanup', 'keep'])
    .optional()
    .describe('What becomes of the resources of a create that failed for good; `cleanup` when absent.'),
});
/** As a producer writes it. */
export type NodeRequest = z.input<typeof nodeRequestSchema>;
/** As it is after validation. */
export type ValidNodeRequest = z.output<typeof nodeRequestSchema>;

const version = z.literal(1).describe('Version of this contract.');
const byId = z.strictObject({ v: version, nodeId: nodeId.describe('A node that the store knows.') });

export const createJobSchema = z
  .union([byId, z.strictObject({ v: version, node: nodeRequestSchema })])
  .describe('Data of a job in the queue nodeyard-create.');

export const destroyJobSchema = z
  .union([
    byId,
    z.strictObject({
      v: version,
      node: z
        .looseObject({ id: nodeId.optional(), requestId: name.optional() })
        .refine(
          (node) => node.id !== undefined || node.requestId !== undefined,
          'must have an id or a requestId',
        )
        .describe('The request that made the node; its id or its requestId finds it.'),
    }),
  ])
  .describe('Data of a job in the queue nodeyard-destroy.');

export type CreateJobData = z.input<typeof createJobSchema>;
export type DestroyJobData = z.input<typeof destroyJobSchema>;
