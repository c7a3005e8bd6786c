/** A node and its events, as they are shown: the record of the store (src/node/record.ts), field by field. */
import { z } from 'zod';
import { ERROR_CODES } from '../../errors.js';
import { ACTORS, NODE_STATES, OPERATIONS } from '../../node/lifecycle.js';
import { NODE_EVENT_TYPES, PHASES } from '../../node/record.js';

const time = (what: string) => z.number().describe(`${what} Milliseconds since 1970.`);
const words = z.record(z.string(), z.string());
/** Documents of the user: shown as they are. */
const document = z.record(z.string(), z.unknown());

const diagnostic = z.object({
  severity: z.enum(['error', 'warning']),
  summary: z.string(),
  detail: z.string().exactOptional(),
  address: z.string().exactOptional(),
});

export const failureSchema = z.object({
  operation: z.enum([...OPERATIONS, 'health', 'timeout']),
  code: z.enum(ERROR_CODES),
  message: z.string(),
  diagnostics: z.array(diagnostic).readonly(),
  retryable: z.boolean(),
  attempts: z.number(),
  at: time('When.'),
});

const progress = z.object({
  phase: z.enum(PHASES),
  done: z.number().describe('Resources finished in this run.'),
  total: z.number().describe('Resources planned in this run.'),
  address: z.string().exactOptional(),
});

export const nodeSchema = z.object({
  id: z.string(),
  group: z.string(),
  role: z.string(),
  stack: z.string(),
  inputs: z.record(z.string(), z.custom<z.core.util.JSONType>()),
  tags: words,
  labels: words,
  ttl: z.number().optional().describe('Seconds.'),
  requestId: z.string().optional().describe('The idempotency key that it was asked for with.'),
  onFailure: z.enum(['cleanup', 'keep']),
  state: z.enum(NODE_STATES),
  since: time('Of the last change of state.'),
  createdAt: time('When it was asked for.'),
  updatedAt: time('Of the last change.'),
  expiresAt: time('When its time to live ends.').exactOptional(),
  epoch: z.number().describe('Grows with every run that takes the node.'),
  lease: z.object({ holder: z.string(), expiresAt: time('When it ends.') }).exactOptional(),
  accounted: z.number().describe('The epoch up to which it is known what its runs have made.'),
  runEndedAt: time('When its last run ended.').exactOptional(),
  attempts: z.number().describe('Attempts that the operation at work has spent.'),
  lastError: z.object({ code: z.enum(ERROR_CODES), message: z.string() }).exactOptional(),
  createSucceeded: z.boolean(),
  retryRequested: z.boolean(),
  generation: z.number().describe('Jobs that were added for it.'),
  jobId: z.string().exactOptional(),
  outputs: document.exactOptional(),
  failure: failureSchema.exactOptional(),
  failedDestroys: z
    .object({
      count: z.number(),
      since: time('Of the first.'),
      retryAt: time('Of the next try.').exactOptional(),
    })
    .exactOptional(),
  progress: progress.exactOptional(),
  resources: z.array(z.object({ address: z.string(), type: z.string(), id: z.string() })).readonly(),
});

export const nodeEventSchema = z.object({
  position: z.string().describe('In the stream of events.'),
  type: z.enum(NODE_EVENT_TYPES),
  nodeId: z.string(),
  group: z.string(),
  role: z.string(),
  from: z.enum(NODE_STATES).exactOptional(),
  to: z.enum(NODE_STATES).exactOptional(),
  actor: z.enum(ACTORS),
  epoch: z.number(),
  at: time('When.'),
  reason: z.string().exactOptional(),
  failure: failureSchema.exactOptional(),
});
