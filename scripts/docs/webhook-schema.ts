/** The body of webhook requests as JSON Schema, for receivers in any language. */
import { z } from 'zod';
import { webhookPayloadSchema } from '../../src/webhooks/payload.js';

/** Text of `schema/webhook-payload.v1.schema.json`. What is sent may grow, so further fields are allowed. */
export function webhookSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(webhookPayloadSchema, {
    io: 'output',
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  const title = 'Body of a webhook request, version 1';
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`;
}
