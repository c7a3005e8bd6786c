/** The schemas that have a name in the OpenAPI document, and so in generated clients. */
import type { z } from 'zod';
import { groupWishSchema } from '../../groups/config.js';
import { nodeRequestSchema } from '../../node/request.js';
import { webhookPayloadSchema } from '../../webhooks/payload.js';
import { deadLetterSchema, webhookRequestSchema, webhookSchema } from '../../webhooks/webhook.js';
import { auditEntrySchema } from './access.js';
import { errorSchema, refusalSchema } from './error.js';
import { entrySchema, groupSchema } from './groups.js';
import { failureSchema, nodeEventSchema, nodeSchema } from './node.js';
import { commandRequestSchema, commandSchema } from './node-commands.js';
import { heardSchema, nodeSaysRequestSchema } from './node-events.js';
import * as requests from './node-requests.js';
import { queueSchema } from './queues.js';
import { explainedGroupSchema, routeSchema } from './routing.js';
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
  [commandSchema, 'Command'],
  [commandRequestSchema, 'CommandRequest'],
  [nodeSaysRequestSchema, 'NodeSaysRequest'],
  [heardSchema, 'Heard'],
  [requests.nodePageSchema, 'NodePage'],
  [requests.requestedSchema, 'Requested'],
  [requests.manyRequestedSchema, 'ManyRequested'],
  [requests.changedSchema, 'Changed'],
  [groupWishSchema, 'GroupRequest'],
  [groupSchema, 'Group'],
  [entrySchema, 'GroupEntry'],
  [routeSchema, 'Route'],
  [explainedGroupSchema, 'ExplainedGroup'],
  [runSchema, 'Run'],
  [stateSummarySchema, 'StateSummary'],
  [stackSchema, 'Stack'],
  [queueSchema, 'Queue'],
  [webhookRequestSchema, 'WebhookRequest'],
  [webhookSchema, 'Webhook'],
  [deadLetterSchema, 'DeadLetter'],
  [webhookPayloadSchema, 'WebhookPayload'],
  [auditEntrySchema, 'AuditEntry'],
]);
