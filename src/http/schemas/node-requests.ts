/** What may be asked of nodes, and what is answered. The node request itself is the one of the queue (src/node/request.ts). */
import { z } from 'zod';
import { type NodeState, TRANSITIONS } from '../../node/lifecycle.js';
import { nodeRequestSchema } from '../../node/request.js';
import { cursor, limit, name, reason, stateAmong, stateInRequest, statesInQuery } from './common.js';
import { refusalSchema } from './error.js';
import { nodeEventSchema, nodeSchema } from './node.js';
import { heardSchema } from './node-events.js';

const MOST_AT_ONCE = 1_000;

/** One of these, or many in `nodes`. */
export const manyNodesRequestSchema = z.strictObject({
  nodes: z
    .array(nodeRequestSchema)
    .min(1, 'must name a node')
    .max(MOST_AT_ONCE, `must be at most ${MOST_AT_ONCE} nodes`),
});
export const nodesRequestSchema = z.union([nodeRequestSchema, manyNodesRequestSchema]);

export const idempotencyHeaders = z.looseObject({
  'idempotency-key': name
    .exactOptional()
    .describe(
      'The same key twice makes one node: it becomes the request’s `requestId`, with many `<key>.<index>`.',
    ),
});

export const requestedSchema = z.object({
  node: nodeSchema,
  created: z.boolean().describe('False when the same request had made the node before.'),
});
export const manyRequestedSchema = z.object({
  results: z
    .array(z.union([requestedSchema, z.object({ error: refusalSchema })]))
    .readonly()
    .describe('In the order of the request: what was made, or why it was not.'),
});

export const acceptedSchema = z.union([requestedSchema, manyRequestedSchema]);

export const changedSchema = z.object({
  node: nodeSchema,
  changed: z.boolean().describe('False when it was so already.'),
});

export const listQuery = z
  .strictObject({
    state: statesInQuery.exactOptional().describe('Only in one of these; all but DESTROYED when absent.'),
    group: name.exactOptional().describe('Only of this group.'),
    role: name.exactOptional().describe('Only with this role.'),
    requestId: name
      .exactOptional()
      .describe('The node that this idempotency key made; goes with nothing else.'),
    limit,
    cursor: cursor(z.string().regex(/^[1-9]\d{0,14}$/, 'must be the cursor of an earlier page, unchanged')),
  })
  .refine((query) => query.requestId === undefined || Object.keys(query).length === 1, {
    path: ['requestId'],
    error: 'names one node and goes with nothing else',
  });

export const nodePageSchema = z.object({
  nodes: z.array(nodeSchema).readonly(),
  cursor: z.string().exactOptional().describe('For the next page; absent on the last one.'),
  unreadable: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe('Ids on this page whose records cannot be read.'),
});

export const countsSchema = z.object({
  states: z.record(z.string(), z.number()).describe('Nodes in each state, tombstones among them.'),
});

export const oneNodeSchema = z.object({ node: nodeSchema });
export const shownNodeSchema = oneNodeSchema.extend({
  heard: heardSchema.exactOptional().describe('Absent for a node that neither speaks nor should.'),
});

export const historyQuery = z.strictObject({ limit });
export const historySchema = z.object({
  events: z.array(nodeEventSchema).readonly().describe('The newest, oldest first.'),
});

/** Where an operator can move a node. */
const MOVES: readonly NodeState[] = [
  ...new Set(
    TRANSITIONS.filter(({ from, by }) => from !== null && by.includes('operator')).map(({ to }) => to),
  ),
];

export const stateChangeRequestSchema = z.strictObject({
  to: stateAmong(MOVES).describe('Where to.'),
  expected: z
    .array(stateInRequest)
    .min(1)
    .max(20)
    .exactOptional()
    .describe('Only when it is in one of these; a node that is in `to` already stays as it is.'),
  reason,
});

const force = z
  .boolean()
  .exactOptional()
  .describe('Also where scaling decides about the node’s role, which makes another one in its place.');

export const destroyRequestSchema = z
  .strictObject({
    expected: z
      .array(stateInRequest)
      .min(1)
      .max(20)
      .exactOptional()
      .describe('Only when it is in one of these.'),
    force,
    reason,
  })
  .optional();

export const cancelRequestSchema = z.strictObject({ force, reason }).optional();

export const reasonRequestSchema = z.strictObject({ reason }).optional();
