/** Node groups over HTTP: asked for by the schema that files have as well (src/groups/config.ts), shown with every default. */
import { z } from 'zod';
import { GROUP_ENTRY_KINDS, type Json } from '../../groups/history.js';
import { NODE_STATES } from '../../node/lifecycle.js';
import { cursor, limit, name } from './common.js';

const time = (what: string) => z.number().describe(`${what} Milliseconds since 1970.`);
const span = z.number().describe('Milliseconds.');
const words = z.record(z.string(), z.string());
const inputs = z.record(z.string(), z.custom<z.core.util.JSONType>());

export const groupParams = z.strictObject({ group: name.describe('The group.') });

const shownRole = z.object({
  stack: z.string().optional(),
  inputs,
  tags: words.optional(),
  labels: words.optional(),
  ttl: z.number().optional().describe('Seconds.'),
  onFailure: z.enum(['cleanup', 'keep']).optional(),
  lifecycle: z.enum(['AUTO', 'MANUAL']),
  min: z.number(),
  max: z.number(),
  increment: z.number(),
  outExpression: z.string().optional(),
  inExpression: z.string().optional(),
  capacityRanking: z.string(),
  capacityLimit: z.union([z.number(), z.string()]).nullable(),
  warmUp: span,
  coolDown: z.object({ out: span, in: span }),
  drain: z.object({ softLimit: span, hardLimit: span, command: z.string().nullable() }),
  failurePolicy: z.object({
    window: z.number(),
    failures: z.number(),
    pause: span,
    maxPause: span,
    removeAfter: span.nullable(),
  }),
});

export const groupSchema = z.object({
  config: z.object({
    name: z.string(),
    description: z.string().optional(),
    isScalingPaused: z.boolean(),
    stack: z.string().optional(),
    inputs,
    roles: z.record(z.string(), shownRole),
  }),
  revision: z.number().describe('Grows with every change.'),
  createdAt: time('When it was configured first.'),
  updatedAt: time('Of the last change.'),
  deletedAt: time('When its end was asked for: its nodes are destroyed, then it is gone.').exactOptional(),
});

const counts = z.record(z.string(), z.number());

const oneGroupSchema = z.object({ group: groupSchema });
export const changedGroupSchema = oneGroupSchema.extend({
  changed: z.boolean().describe('False when it was so already.'),
});
export const shownGroupSchema = oneGroupSchema.extend({
  nodes: z.object({
    roles: z
      .record(z.string(), counts)
      .describe(`How many nodes of each role are in which state: ${NODE_STATES.join(', ')}.`),
    all: counts.describe('Of all roles, also those that the group does not name any more.'),
  }),
});

export const groupsQuery = z.strictObject({
  limit,
  cursor: name.exactOptional().describe('Goes on after it.'),
});
export const groupPageSchema = z.object({
  groups: z.array(groupSchema).readonly().describe('In the order of their names.'),
  cursor: z.string().exactOptional().describe('For the next page; absent on the last one.'),
  unreadable: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe('Names on this page whose records cannot be read.'),
});

export const expectedHeaders = z.looseObject({
  'if-match': z
    .string()
    .regex(/^"?[1-9]\d{0,14}"?$/, 'must be the revision of the group')
    .exactOptional()
    .describe('Only when the group has this revision, which ETag tells.'),
  'if-none-match': z.literal('*', 'must be *').exactOptional().describe('Only when there is no such group.'),
});

export const entrySchema = z.object({
  position: z.string(),
  at: time('When.'),
  kind: z.enum(GROUP_ENTRY_KINDS),
  who: z.string(),
  message: z.string(),
  role: z.string().exactOptional(),
  data: z.custom<Json>().exactOptional().describe('What a program would want to read of it.'),
  revision: z.number().exactOptional().describe('Of the group after it.'),
});

export const groupHistoryQuery = z.strictObject({
  limit,
  cursor: cursor(z.string().regex(/^\d{1,15}-\d{1,18}$/, 'must be the cursor of an earlier page, unchanged')),
});
export const groupHistorySchema = z.object({
  entries: z.array(entrySchema).readonly().describe('Newest first.'),
  cursor: z.string().exactOptional().describe('For the next, older page; absent on the last one.'),
});
