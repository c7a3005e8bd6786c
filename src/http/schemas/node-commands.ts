/** What nodes are told to do, as it is asked for and shown. */
import { z } from 'zod';
import { OUTCOMES } from '../../commands/commands.js';
import { commandId, commandName, commandPayload, MAX_MESSAGE } from '../../commands/wish.js';
import { countInQuery, nodeParams, reason } from './common.js';

const time = (what: string) => z.number().describe(`${what} Milliseconds since 1970.`);

/** Longer, and proxies on the way end it. */
const LONGEST_WAIT_S = 60;
const LONGEST_LIFE_S = 30 * 24 * 3_600;

export const commandRequestSchema = z.strictObject({
  name: commandName.describe('What to do: `RemoveSubscribers`, or a word of your own that the node knows.'),
  payload: commandPayload.exactOptional().describe('Any JSON; null when absent.'),
  ttl: z
    .int()
    .min(1)
    .max(LONGEST_LIFE_S)
    .exactOptional()
    .describe('Seconds that it may wait for its acknowledgement; `commands.expiry` when absent.'),
  reason,
});

export const commandSchema = z.object({
  id: z.string().describe('Unique for the node, in the order of asking.'),
  name: z.string(),
  payload: z.custom<z.core.util.JSONType>(),
  askedAt: time('When.'),
  expiresAt: time('When it is given up, unless it was acknowledged.'),
  deliveries: z.number().describe('How often it was handed out.'),
  deliveredAt: time('The last time.').exactOptional(),
  endedAt: time('Present once it has ended.').exactOptional(),
  outcome: z.enum([...OUTCOMES, 'expired']).exactOptional(),
  message: z.string().exactOptional().describe('What the node said about it.'),
});

export const oneCommandSchema = z.object({ command: commandSchema });
export const commandsSchema = z.object({
  commands: z.array(commandSchema).readonly().describe('In the order of asking.'),
});

export const waitQuery = z.strictObject({
  wait: countInQuery({ min: 0, max: LONGEST_WAIT_S })
    .exactOptional()
    .describe('Seconds to wait for the first one; 0 when absent.'),
});

export const commandParams = nodeParams.extend({ commandId: commandId.describe('The command.') });

export const acknowledgeRequestSchema = z
  .strictObject({
    outcome: z.enum(OUTCOMES).exactOptional().describe('`done` when absent.'),
    message: z
      .string()
      .max(MAX_MESSAGE)
      .exactOptional()
      .describe('For people; goes into the node’s history.'),
  })
  .optional();
