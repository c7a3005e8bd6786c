/** What a node says of itself, and what is shown of it. */
import { z } from 'zod';
import { loadSchema } from '../../heartbeat/load.js';
import { NODE_STATES } from '../../node/lifecycle.js';

export const nodeSaysRequestSchema = loadSchema.extend({
  configured: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether the node has everything it needs; true takes it into service. Say it with every event.',
    ),
});

export const nodeToldSchema = z.object({
  state: z.enum(NODE_STATES).describe('Where the event left the node.'),
  intervalMs: z.number().describe('When to send the next one.'),
});

export const heardSchema = z.object({
  lastSeenAt: z
    .number()
    .exactOptional()
    .describe('Of its last event, milliseconds since 1970; absent before the first one.'),
  load: loadSchema.describe('As the node last told it.'),
});
