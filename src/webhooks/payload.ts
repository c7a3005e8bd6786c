/**
 * What a receiver gets as its body: the event and nothing of its node. No inputs and no outputs, because they may be
 * secrets; of a failure its code, because Terraform’s words may quote inputs. Published as JSON Schema, version 1: fields
 * may be added, not changed.
 */
import { z } from 'zod';
import { ACTORS, NODE_STATES, OPERATIONS } from '../node/lifecycle.js';
import { NODE_EVENT_TYPES, type NodeEvent } from '../node/record.js';

const version = z.literal(1).describe('Version of this contract.');
const timestamp = z
  .string()
  .meta({ format: 'date-time', description: 'When it happened, not when it is delivered.' });

export const webhookPayloadSchema = z
  .discriminatedUnion('type', [
    z
      .object({
        v: version,
        type: z.enum(NODE_EVENT_TYPES.map((type) => `node.${type}` as const)),
        timestamp,
        data: z.object({
          position: z.string().describe('In the stream of events; grows, and orders the events of a node.'),
          nodeId: z.string(),
          group: z.string(),
          role: z.string(),
          from: z.enum(NODE_STATES).exactOptional(),
          to: z.enum(NODE_STATES).exactOptional(),
          actor: z.enum(ACTORS).describe('Who moved the node.'),
          epoch: z.int().describe('The run that it belongs to; 0 before the first.'),
          reason: z.string().exactOptional(),
          failure: z
            .object({
              operation: z.enum([...OPERATIONS, 'health', 'timeout']),
              code: z.string().describe('An error code of nodeyard; there may come more of them.'),
              retryable: z.boolean(),
              attempts: z.int(),
            })
            .exactOptional(),
        }),
      })
      .describe('Something happened to a node.'),
    z
      .object({
        v: version,
        type: z.literal('webhook.gap'),
        timestamp,
        data: z.object({ webhookId: z.string(), after: z.string(), until: z.string() }),
      })
      .describe(
        'Events between these two positions were trimmed before they were delivered: look at the nodes anew.',
      ),
    z
      .object({
        v: version,
        type: z.literal('webhook.test'),
        timestamp,
        data: z.object({ webhookId: z.string() }),
      })
      .describe('Somebody tries the webhook.'),
  ])
  .describe('Body of a webhook request.');
export type WebhookPayload = z.output<typeof webhookPayloadSchema>;

export function payloadOf(event: NodeEvent): WebhookPayload {
  const { position, type, nodeId, group, role, from, to, actor, epoch, at, reason, failure } = event;
  return {
    v: 1,
    type: `node.${type}`,
    timestamp: new Date(at).toISOString(),
    data: {
      position,
      nodeId,
      group,
      role,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      actor,
      epoch,
      ...(reason === undefined ? {} : { reason }),
      ...(failure === undefined
        ? {}
        : {
            failure: {
              operation: failure.operation,
              code: failure.code,
              retryable: failure.retryable,
              attempts: failure.attempts,
            },
          }),
    },
  };
}
