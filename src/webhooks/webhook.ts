/**
 * What somebody may ask of webhooks, and what is shown of them: the schemas that the command line and the HTTP API share.
 * Times are milliseconds since 1970 (UTC). A secret is in none of these.
 */
import { z } from 'zod';
import { NODE_STATES } from '../node/lifecycle.js';
import { NODE_EVENT_TYPES } from '../node/record.js';
import { nodeRequestSchema } from '../node/request.js';
import { webhookPayloadSchema } from './payload.js';

const WEBHOOK_ID = /^wh[a-z0-9]{12}$/;
/** Each reads the stream of events by itself. */
export const MAX_WEBHOOKS = 100;
const MAX_WORDS = 100;

const name = nodeRequestSchema.shape.group;
const some = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(MAX_WORDS).exactOptional();
const time = z.int().min(0);
const count = z.int().min(0);
/** Of the event stream. */
const position = z.string();

/** Of a dead letter; also the cursor of a page of them. */
export const letterIdSchema = z
  .string()
  .regex(/^\d{1,15}-\d{1,18}$/, 'must be the id of a dead letter, unchanged');

export const webhookIdSchema = z.string().regex(WEBHOOK_ID, 'must be the id of a webhook');

export const webhookFilterSchema = z
  .strictObject({
    types: some(z.enum(NODE_EVENT_TYPES)).describe('Events of these types.'),
    states: some(z.enum(NODE_STATES)).describe(
      'Transitions to these states, and nothing that is no transition.',
    ),
    groups: some(name).describe('Events of nodes of these groups.'),
    roles: some(name).describe('Events of nodes with these roles.'),
  })
  .describe(
    'Which events are delivered: those that match every given field; all of them when none is given.',
  );
export type WebhookFilter = z.output<typeof webhookFilterSchema>;

export const webhookRequestSchema = z.strictObject({
  url: z.string().min(1).max(2_000).describe('Where events are posted: https, unless http is allowed.'),
  filter: webhookFilterSchema.default({}),
  description: z.string().min(1).max(200).exactOptional().describe('What it is for, in your own words.'),
});
/** As somebody writes it. */
export type WebhookRequest = z.input<typeof webhookRequestSchema>;

/** Why nobody answered, or nobody was asked. */
export const PROBLEMS = [
  'not-allowed', // the URL or every address of its name is refused
  'unresolved', // its name has no address
  'unreachable', // no connection
  'untrusted', // TLS: the certificate, or no common ground
  'timed-out',
  'cut', // the connection ended before the answer
  'unreadable', // what came is no HTTP
] as const;
export type Problem = (typeof PROBLEMS)[number];

export const attemptFailureSchema = z.object({
  at: time,
  status: z.int().exactOptional().describe('Of the answer; absent when there was none.'),
  problem: z.enum(PROBLEMS).exactOptional().describe('Why there was no answer.'),
  detail: z
    .string()
    .exactOptional()
    .describe('A code, an address, or the beginning of what the receiver said.'),
});
export type AttemptFailure = z.output<typeof attemptFailureSchema>;

export const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().exactOptional(),
  filter: webhookFilterSchema,
  enabled: z.boolean(),
  disabledReason: z.string().exactOptional(),
  createdBy: z.string(),
  createdAt: time,
  delivery: z.object({
    position: position.describe(
      'Everything up to this event was delivered, did not match, is dead, or is being tried again.',
    ),
    delivered: count,
    failedAttempts: count,
    dead: count.describe('Messages that were given up, ever.'),
    deadLetters: count.describe('Of those, the ones that are kept, and the gaps.'),
    gaps: count.describe('How often events were trimmed from the stream before they were delivered.'),
    retrying: count.describe(
      'Messages that have failed and are tried again, and those that wait behind them.',
    ),
    oldestUndeliveredAt: time
      .exactOptional()
      .describe('Time of the oldest event that waits for its delivery.'),
    lastDeliveredAt: time.exactOptional(),
    lastFailure: attemptFailureSchema.exactOptional(),
    deliveredBy: z.string().exactOptional().describe('The process that delivers now.'),
  }),
});
export type Webhook = z.output<typeof webhookSchema>;

const deadLetterBase = z.object({ id: z.string().describe('Names the letter.'), at: time });
export const deadLetterSchema = z.discriminatedUnion('kind', [
  deadLetterBase.extend({
    kind: z.literal('dead'),
    messageId: z.string().describe('The `webhook-id` of every attempt.'),
    attempts: count,
    firstAttemptAt: time,
    lastFailure: attemptFailureSchema,
    payload: webhookPayloadSchema,
  }),
  deadLetterBase.extend({
    kind: z.literal('gap'),
    after: position.describe('The last event before the gap that was handled.'),
    until: position.describe('The first event after it.'),
  }),
]);
export type DeadLetter = z.output<typeof deadLetterSchema>;
