/** Webhooks over HTTP, by the schemas that the command line has as well (src/webhooks/webhook.ts). */
import { z } from 'zod';
import {
  deadLetterSchema,
  letterIdSchema,
  PROBLEMS,
  webhookIdSchema,
  webhookSchema,
} from '../../webhooks/webhook.js';
import { cursor, limit } from './common.js';

export const webhookParams = z.strictObject({ id: webhookIdSchema.describe('The webhook.') });

export const webhooksSchema = z.object({
  webhooks: z.array(webhookSchema).readonly().describe('In the order of their making.'),
});
export const oneWebhookSchema = z.object({ webhook: webhookSchema });
export const createdWebhookSchema = z.object({
  webhook: webhookSchema,
  secret: z.string().describe('Verifies the signatures. Shown this once.'),
});
export const removedWebhookSchema = z.object({ removed: z.string() });

export const deadLetterQuery = z.strictObject({ limit, cursor: cursor(letterIdSchema) });
export const deadLetterPageSchema = z.object({
  letters: z.array(deadLetterSchema).readonly().describe('Newest first.'),
  cursor: z.string().exactOptional().describe('For the next, older page; absent on the last one.'),
});

export const redeliverRequestSchema = z.strictObject({
  letters: z
    .union([z.literal('all'), z.array(letterIdSchema).min(1).max(1_000)])
    .describe('Ids of dead letters, or `all`.'),
});
export const redeliveredSchema = z.object({
  redelivered: z.number().describe('How many were there, and are tried again now.'),
});

export const trialSchema = z.object({
  delivered: z.boolean(),
  ms: z.number().describe('How long it took.'),
  answer: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('answered'),
      status: z.number(),
      retryAfter: z.string().exactOptional(),
      said: z.string().describe('The beginning of the body.'),
    }),
    z.object({ kind: z.literal('unanswered'), problem: z.enum(PROBLEMS), detail: z.string() }),
    z.object({ kind: z.literal('stopped') }),
  ]),
});
