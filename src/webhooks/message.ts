/** The messages that are sent: of an event, of a gap, of a trial. */
import type { NodeEvent } from '../node/record.js';
import type { Message } from './deliveries.js';
import { payloadOf, type WebhookPayload } from './payload.js';

const body = (payload: WebhookPayload): string => JSON.stringify(payload);

export const eventMessage = (event: NodeEvent): Message => ({
  key: event.position,
  lane: event.nodeId,
  at: event.at,
  body: body(payloadOf(event)),
});

export function gapMessage(webhookId: string, gap: { after: string; until: string }, at: number): Message {
  const timestamp = new Date(at).toISOString();
  const data = { webhookId, ...gap };
  return {
    key: `gap-${gap.until}`,
    lane: 'gap',
    at,
    body: body({ v: 1, type: 'webhook.gap', timestamp, data }),
  };
}

export function testMessage(webhookId: string, at: number): Message {
  const timestamp = new Date(at).toISOString();
  return {
    key: `test-${at}`,
    lane: 'test',
    at,
    body: body({ v: 1, type: 'webhook.test', timestamp, data: { webhookId } }),
  };
}

/** The `webhook-id`: the same in every attempt, and another for each webhook that the event goes to. */
export const messageIdOf = (webhookId: string, { key }: Pick<Message, 'key'>): string =>
  `${webhookId}_${key}`;
