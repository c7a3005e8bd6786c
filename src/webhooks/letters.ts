/** Dead letters: from what Redis keeps to what is shown of them, and back to the delivery. */
import { decode, fieldsOf, json } from '../redis-fields.js';
import type { Retry } from './deliveries.js';
import { messageIdOf } from './message.js';
import { webhookPayloadSchema } from './payload.js';
import { comparePositions, isPosition } from './positions.js';
import { type StoredLetter, storedLetterSchema } from './stored.js';
import type { DeadLetter } from './webhook.js';

type Entry = readonly [id: string, flat: readonly string[]];

/** Throws RECORD_UNREADABLE. */
export const readLetter = (key: string, [id, flat]: Entry): StoredLetter =>
  decode(storedLetterSchema, fieldsOf(flat), `${key} at ${id}`);

export function letterOf(webhookId: string, id: string, stored: StoredLetter): DeadLetter {
  const { kind, at, letter } = stored;
  if (kind === 'gap') return { id, kind, at, ...letter };
  const { retry, failure } = letter;
  const { message, attempts, firstAttemptAt = at } = retry;
  const payload = decode(json(webhookPayloadSchema), message.body, `dead letter ${id}`);
  return {
    id,
    kind,
    at,
    messageId: messageIdOf(webhookId, message),
    attempts,
    firstAttemptAt,
    lastFailure: failure,
    payload,
  };
}

/** What the script puts among the retries; nothing for a gap, which cannot be delivered. */
export function givenBack(id: string, stored: StoredLetter): { id: string; key: string; retry: string }[] {
  if (stored.kind === 'gap') return [];
  const { message } = stored.letter.retry;
  const retry: Retry = { key: `${AGAIN}${message.key}`, message, attempts: 0, notBefore: 0 };
  return [{ id, key: retry.key, retry: JSON.stringify(retry) }];
}

const AGAIN = 'again-';

/** By a person. It comes late anyway: it has a lane of its own, and holds up no newer event of its node. */
export const isGivenBack = ({ key }: Retry): boolean => key.startsWith(AGAIN);

export const laneOf = (retry: Retry): string =>
  isGivenBack(retry) ? AGAIN + retry.message.lane : retry.message.lane;

/** As the stream had them; messages of gaps, which have no place in it, first. */
export function inOrder(retries: readonly Retry[]): readonly Retry[] {
  const ofEvents = retries.filter(({ message }) => isPosition(message.key));
  const others = retries.filter(({ message }) => !isPosition(message.key));
  return [...others, ...ofEvents.sort((a, b) => comparePositions(a.message.key, b.message.key))];
}
