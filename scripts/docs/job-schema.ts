/** The job contract as JSON Schema, for producers in any language. */
import { z } from 'zod';
import { createJobSchema, destroyJobSchema } from '../../src/node/request.js';

const SCHEMAS = { create: createJobSchema, destroy: destroyJobSchema } as const;

/** Text of `schema/<operation>-job.v1.schema.json`. */
export function jobSchema(operation: keyof typeof SCHEMAS): string {
  const { $schema, ...schema } = z.toJSONSchema(SCHEMAS[operation], { io: 'input', target: 'draft-2020-12' });
  const title = `Data of a job in the queue nodeyard-${operation}, version 1`;
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`;
}
