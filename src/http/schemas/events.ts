/** The stream of everything that happens to nodes. */
import { z } from 'zod';
import { NODE_EVENT_TYPES } from '../../node/record.js';
import type { EventGap } from '../../store/store.js';
import { limit, name, nodeId, severalInQuery, statesInQuery } from './common.js';
import { nodeEventSchema } from './node.js';

const position = (form: RegExp) => z.string().regex(form, 'must be 0 or the position of an event');

export const eventsQuery = z.strictObject({
  after: position(/^(0|\d{1,15}-\d{1,18})$/)
    .exactOptional()
    .describe('Only what comes after this position; 0: from the oldest event that is kept.'),
  limit,
  node: severalInQuery(nodeId).exactOptional().describe('Only of these nodes.'),
  group: name.exactOptional().describe('Only of nodes of this group.'),
  role: name.exactOptional().describe('Only of nodes with this role.'),
  type: severalInQuery(z.enum(NODE_EVENT_TYPES)).exactOptional().describe('Only events of these types.'),
  to: statesInQuery.exactOptional().describe('Only moves into one of these states, in either vocabulary.'),
});

export const eventsHeaders = z.looseObject({
  'last-event-id': position(/^(0|\d{1,15}-\d{1,18})?$/)
    .exactOptional()
    .describe('For a stream: goes on after this position, whatever `after` says. An EventSource sends it.'),
});

const gapSchema = z.object({
  after: z.string().describe('The position that was asked for.'),
  oldest: z.string().exactOptional().describe('Of the oldest event that is kept.'),
  why: z
    .enum(['trimmed', 'reset'])
    .describe(
      '`trimmed`: it is no longer kept, nor maybe what followed it. `reset`: the stream ends before it.',
    ),
}) satisfies z.ZodType<EventGap>;

export const eventPageSchema = z.object({
  events: z.array(nodeEventSchema).readonly().describe('In the order in which they happened.'),
  next: z.string().describe('The `after` of the next page.'),
  more: z.boolean().describe('There is more to read now.'),
  gap: gapSchema.exactOptional().describe('Events are missing before the first one of this page.'),
});
