/** Terraform’s runs, and what it said in them. */
import { z } from 'zod';
import { OPERATIONS } from '../../node/lifecycle.js';
import { LOG_STREAMS, type LogLine, type Run } from '../../runs/runs.js';
import { cursor, limit, nodeId } from './common.js';

export const runSchema = z.object({
  runId: z.string(),
  operation: z.enum(OPERATIONS),
  epoch: z.number(),
  startedAt: z.number().exactOptional().describe('Milliseconds since 1970.'),
  endedAt: z
    .number()
    .exactOptional()
    .describe('Milliseconds since 1970; absent while it is at work or waits for recovery.'),
  atWork: z.boolean().describe('The process that runs it is alive.'),
}) satisfies z.ZodType<Run>;

export const runsQuery = z.strictObject({ limit });
export const runsSchema = z.object({
  host: z.string().describe('The machine of this API: it knows its own runs only.'),
  runs: z.array(runSchema).readonly().describe('The newest first.'),
});

export const runParams = z.strictObject({
  id: nodeId.describe('The node.'),
  runId: nodeId.describe('The run, as the list of runs names it.'),
});

const flag = z.preprocess(
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  z.boolean('must be true or false'),
);

const CURSOR = /^\d{1,9}-\d{1,12}-[wa]$/;
const logCursor = z.string().regex(CURSOR, 'must be the cursor of an earlier page, unchanged');

export const logQuery = z.strictObject({
  stream: z
    .enum(LOG_STREAMS)
    .exactOptional()
    .describe('`log`, which it is when absent: Terraform’s JSON lines. `stderr`: what it said besides.'),
  limit,
  cursor: cursor(logCursor),
  follow: flag.exactOptional().describe('For a stream: goes on until the run has ended.'),
});

export const logHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .regex(/^(\d{1,9}-\d{1,12}-[wa])?$/, 'must be the id of an entry, unchanged')
    .exactOptional()
    .describe('For a stream: goes on after this line, whatever `cursor` says. An EventSource sends it.'),
});

const lineSchema = z.object({
  line: z.string().describe('As Terraform wrote it, secrets taken out.'),
  text: z.string().describe('The same for people.'),
  cursor: z.string().describe('Goes on after it.'),
}) satisfies z.ZodType<LogLine>;

export const logPageSchema = z.object({
  lines: z.array(lineSchema).readonly(),
  cursor: z.string().describe('For the next page.'),
  more: z.boolean().describe('There is more to read now.'),
  ended: z.boolean().describe('The run has ended, and this is the end of what it said.'),
});
