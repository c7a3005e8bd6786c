/** Which nodes serve next, and why a group has its size, over HTTP. */
import { z } from 'zod';
import { loadSchema } from '../../heartbeat/load.js';
import { NODE_STATES } from '../../node/lifecycle.js';
import { MOST_ROUTED } from '../../routing/routing.js';
import { countInQuery, name } from './common.js';

export const routeQuery = z.strictObject({
  role: name.describe('Of which role.'),
  count: countInQuery({ min: 1, max: MOST_ROUTED })
    .exactOptional()
    .describe(`At most so many, to have others to try; 1 when absent, at most ${MOST_ROUTED}.`),
});

const routedNodeSchema = z.object({
  id: z.string(),
  outputs: z.record(z.string(), z.unknown()).describe('What its stack says of it: addresses, ports.'),
  ranking: z
    .number()
    .nullable()
    .describe('By the ranking of its role; null where it does not report what that needs.'),
  load: loadSchema.describe('What it said last; empty for a node that has never spoken.'),
  heardAt: z.number().exactOptional().describe('When it said so. Milliseconds since 1970.'),
  isSilent: z
    .boolean()
    .describe('It has said nothing for half as long as it may; answered only where there is no other.'),
});

export const routeSchema = z.object({
  group: z.string(),
  role: z.string(),
  nodes: z.array(routedNodeSchema).readonly().describe('The one to use first, first. May be empty.'),
  why: z.string().exactOptional().describe('Why there are fewer than were asked for.'),
});

const words = z.array(z.string()).readonly();

const explainedRoleSchema = z.object({
  role: z.string(),
  handOnly: z.enum(['paused', 'manual']).exactOptional().describe('Nothing is done by itself.'),
  min: z.number(),
  max: z.number(),
  size: z.number().describe('Nodes that serve or will.'),
  desired: z.number().describe('What it will be after the next look.'),
  nodes: z.object({
    coming: z.number(),
    serving: z.number(),
    draining: z.number(),
    ending: z.number(),
    failed: z.number(),
  }),
  why: words.describe('Why it has this size, in words.'),
  next: words.describe('What comes next, in words.'),
  others: z
    .array(z.object({ id: z.string(), state: z.enum(NODE_STATES), words: z.string() }))
    .readonly()
    .describe('What becomes of each node that does not simply serve.'),
});

export const explainedGroupSchema = z.object({
  group: z.string(),
  revision: z.number(),
  scaling: z.enum(['on', 'paused', 'ending']),
  at: z.number().exactOptional().describe('When it was looked at. Milliseconds since 1970.'),
  roles: z.array(explainedRoleSchema).readonly(),
  foreign: z
    .array(z.object({ role: z.string(), nodes: z.number() }))
    .readonly()
    .describe('Nodes of roles that the group does not name: they are up to people.'),
  ending: z
    .object({ left: z.number(), untold: z.number() })
    .exactOptional()
    .describe(
      'Of a group that is being deleted: how many nodes are left, and how many of them have yet to be told.',
    ),
});
