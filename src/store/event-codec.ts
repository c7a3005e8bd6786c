/** An entry of the event stream, or a line of a node’s history, and the event that is given out. */
import { z } from 'zod';
import { ACTORS, NODE_STATES } from '../node/lifecycle.js';
import { NODE_EVENT_TYPES, type NodeEvent } from '../node/record.js';
import { decode, fieldsOf, json, wholeNumber } from '../redis-fields.js';
import { failureField } from './hash-fields.js';

/** As Redis gives it, and as a history line holds it in JSON: `[position, [name, value, …]]`. */
export type StreamEntry = readonly [position: string, flat: readonly string[]];

const eventSchema = z.object({
  type: z.enum(NODE_EVENT_TYPES),
  nodeId: z.string(),
  group: z.string(),
  role: z.string(),
  from: z.enum(NODE_STATES).exactOptional(),
  to: z.enum(NODE_STATES).exactOptional(),
  actor: z.enum(ACTORS),
  epoch: wholeNumber,
  at: wholeNumber,
  reason: z.string().exactOptional(),
  failure: failureField.exactOptional(),
});

/** Throws RECORD_UNREADABLE. */
export function decodeEvent(key: string, [position, flat]: StreamEntry): NodeEvent {
  const { failure, ...event } = decode(eventSchema, fieldsOf(flat), `${key} at ${position}`);
  return { position, ...event, ...(failure === undefined ? {} : { failure: { ...failure, at: event.at } }) };
}

const lineSchema = json(z.tuple([z.string(), z.array(z.string())]));

/** Throws RECORD_UNREADABLE. */
export const decodeHistoryLine = (key: string, line: string): NodeEvent =>
  decodeEvent(key, decode(lineSchema, line, key));
