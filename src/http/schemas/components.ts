/** The schemas that have a name in the OpenAPI document, and so in generated clients. */
import type { z } from 'zod';
import { nodeRequestSchema } from '../../node/request.js';
import { auditEntrySchema } from './access.js';
import { errorSchema, refusalSchema } from './error.js';
import { failureSchema, nodeEventSchema, nodeSchema } from './node.js';
import * as requests from './node-requests.js';
import { queueSchema } from './queues.js';
import { runSchema } from './runs.js';
import { stackSchema } from './stacks.js';
import { stateSummarySchema } from './states.js';

/** What is sent to us is named …Request; everything else is what we answer. */
export const COMPONENTS: ReadonlyMap<z.core.$ZodType, string> = new Map<z.core.$ZodType, string>([
  [errorSchema, 'Error'],
  [refusalSchema, 'Refusal'],
  [nodeSchema, 'Node'],
  [nodeEventSchema, 'NodeEvent'],
  [failureSchema, 'Failure'],
  [nodeRequestSchema, 'NodeRequest'],
  [requests.manyNodesRequestSchema, 'ManyNodesRequest'],
  [requests.stateChangeRequestSchema, 'StateChangeRequest'],
  [requests.nodePageSchema, 'NodePage'],
  [requests.requestedSchema, 'Requested'],
  [requests.manyRequestedSchema, 'ManyRequested'],
  [requests.changedSchema, 'Changed'],
  [runSchema, 'Run'],
  [stateSummarySchema, 'StateSummary'],
  [stackSchema, 'Stack'],
  [queueSchema, 'Queue'],
  [auditEntrySchema, 'AuditEntry'],
]);
