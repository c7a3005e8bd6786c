/** How webhooks lie in Redis, and how they are read: hashes of text, with documents as JSON. */
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import type { Retry } from './deliveries.js';
import { attemptFailureSchema, webhookFilterSchema } from './webhook.js';

/** Reads what is stored. Throws RECORD_UNREADABLE, which names the key and the fields but never their values. */
export function readStored<S extends z.ZodType>(schema: S, stored: unknown, key: string): z.output<S> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new NodeyardError('RECORD_UNREADABLE', `${key} cannot be read: ${problems.join('; ')}`);
}

const json = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

const number = z
  .string()
  .regex(/^\d{1,16}$/, 'must be a whole number')
  .transform(Number);

export const storedWebhookSchema = z.object({
  url: z.string(),
  description: z.string().exactOptional(),
  filter: json(webhookFilterSchema),
  secret: z.string(),
  enabled: z.enum(['0', '1']).transform((value) => value === '1'),
  disabledReason: z.string().exactOptional(),
  createdBy: z.string(),
  createdAt: number,
  revision: number.default(0),
});

export type StoredWebhook = z.output<typeof storedWebhookSchema>;

export const storedProgressSchema = z.object({
  cursor: z.string(),
  beyond: json(z.array(z.string())).default([]),
  gapUntil: z.string().exactOptional(),
  oldestAt: number.exactOptional(),
  epoch: number.default(0),
  holder: z.string().default(''),
  leaseEnd: number.default(0),
  delivered: number.default(0),
  failed: number.default(0),
  dead: number.default(0),
  gaps: number.default(0),
  lastDeliveredAt: number.exactOptional(),
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
    at: number,
    letter: json(z.object({ retry, failure: attemptFailureSchema })),
  }),
  z.object({
    kind: z.literal('gap'),
    at: number,
    letter: json(z.object({ after: z.string(), until: z.string() })),
  }),
]);
export type StoredLetter = z.output<typeof storedLetterSchema>;

/** As Redis lists them: `[name, value, name, value …]`. */
export function fieldsOf(flat: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
  return fields;
}
