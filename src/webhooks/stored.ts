/** How webhooks lie in Redis, and how they are read: hashes of text, with documents as JSON. */
import { z } from 'zod';
import { flag, json, wholeNumber } from '../redis-fields.js';
import type { Retry } from './deliveries.js';
import { attemptFailureSchema, webhookFilterSchema } from './webhook.js';

export const storedWebhookSchema = z.object({
  url: z.string(),
  description: z.string().exactOptional(),
  filter: json(webhookFilterSchema),
  secret: z.string(),
  enabled: flag,
  disabledReason: z.string().exactOptional(),
  createdBy: z.string(),
  createdAt: wholeNumber,
  revision: wholeNumber.default(0),
});

export type StoredWebhook = z.output<typeof storedWebhookSchema>;

export const storedProgressSchema = z.object({
  cursor: z.string(),
  beyond: json(z.array(z.string())).default([]),
  gapUntil: z.string().exactOptional(),
  oldestAt: wholeNumber.exactOptional(),
  epoch: wholeNumber.default(0),
  holder: z.string().default(''),
  leaseEnd: wholeNumber.default(0),
  delivered: wholeNumber.default(0),
  failed: wholeNumber.default(0),
  dead: wholeNumber.default(0),
  gaps: wholeNumber.default(0),
  lastDeliveredAt: wholeNumber.exactOptional(),
  lastFailure: json(attemptFailureSchema).exactOptional(),
});

const retry = z.object({
  key: z.string(),
  message: z.object({ key: z.string(), lane: z.string(), at: z.number(), body: z.string() }),
  attempts: z.number(),
  firstAttemptAt: z.number().exactOptional(),
  notBefore: z.number(),
  lastFailure: attemptFailureSchema.exactOptional(),
});
export const storedRetrySchema: z.ZodType<Retry, string> = json(retry);

/** An entry of the stream of dead letters. */
export const storedLetterSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('dead'),
    at: wholeNumber,
    letter: json(z.object({ retry, failure: attemptFailureSchema })),
  }),
  z.object({
    kind: z.literal('gap'),
    at: wholeNumber,
    letter: json(z.object({ after: z.string(), until: z.string() })),
  }),
]);
export type StoredLetter = z.output<typeof storedLetterSchema>;
