/** An entry of the event stream, or a line of a node’s history, and the event that is given out. */
import { z } from 'zod';
import { ACTORS, NODE_STATES } from '../node/lifecycle.js';
import { NODE_EVENT_TYPES, type NodeEvent } from '../node/record.js';
import { decode, fieldsOf, json } from '../redis-fields.js';
import { document, hashReader, needed, oneOf, optional, text, whole } from '../redis-hashes.js';
import { failureSchema } from './hash-fields.js';

/** As Redis gives it, and as a history line holds it in JSON: `[position, [name, value, …]]`. */
export type StreamEntry = readonly [position: string, flat: readonly string[]];

const readEntry = hashReader({
  type: needed(oneOf(NODE_EVENT_TYPES)),
  nodeId: needed(text),
  group: needed(text),
  role: needed(text),
  from: optional(oneOf(NODE_STATES)),
  to: optional(oneOf(NODE_STATES)),
  actor: needed(oneOf(ACTORS)),
  epoch: needed(whole),
  at: needed(whole),
  reason: optional(text),
  failure: optional(document(failureSchema)),
});

/** Throws RECORD_UNREADABLE. */
export function decodeEvent(key: string, [position, flat]: StreamEntry): NodeEvent {
  const { failure, ...event } = readEntry(`${key} at ${position}`, fieldsOf(flat));
  return { position, ...event, ...(failure === undefined ? {} : { failure: { ...failure, at: event.at } }) };
}

const lineSchema = json(z.tuple([z.string(), z.array(z.string())]));

/** Throws RECORD_UNREADABLE. */
export const decodeHistoryLine = (key: string, line: string): NodeEvent =>
  decodeEvent(key, decode(lineSchema, line, key));
