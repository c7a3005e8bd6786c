/** What the schemas of many routes have in common: ids, pages, states in either vocabulary. */
import { z } from 'zod';
import { NODE_STATES, type NodeState, parseState } from '../../node/lifecycle.js';
import { nodeRequestSchema } from '../../node/request.js';

export const nodeId = nodeRequestSchema.shape.id.unwrap();
export const name = nodeRequestSchema.shape.group;

export const nodeParams = z.strictObject({ id: nodeId.describe('The node.') });

/** A whole number in a query: digits only, neither `1e3` nor ` 7`. */
export const countInQuery = ({ min, max }: { min: number; max: number }) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : text),
    z.int(`must be a whole number from ${min} to ${max}`).min(min).max(max),
  );

export const limit = countInQuery({ min: 1, max: 1_000 })
  .exactOptional()
  .describe('At most so many; 100 when absent.');

export const cursor = (form: z.ZodString) => form.exactOptional().describe('Goes on after an earlier page.');

/** The words for states that a request may use, in capitals; Stream Manager’s FAULT, SUNSET and DOOMED among them. */
const STATE_WORDS = [...NODE_STATES, 'FAULT', 'SUNSET', 'DOOMED'] as const;

const inCapitals = (word: unknown): unknown => (typeof word === 'string' ? word.trim().toUpperCase() : word);

const stateWord = (words: readonly string[]) =>
  z.preprocess(inCapitals, z.enum(words, `must be one of ${words.join(', ')}`).transform(stateOf));

export const stateInRequest = stateWord(STATE_WORDS);
export const stateAmong = (states: readonly NodeState[]) =>
  stateWord(STATE_WORDS.filter((word) => states.includes(stateOf(word))));

function stateOf(word: string): NodeState {
  const state = parseState(word);
  if (state === undefined) throw new Error(`${word} is no state`);
  return state;
}

/** `?state=FAILED&state=CREATING` and `?state=FAILED,CREATING`. */
export const statesInQuery = z.preprocess(
  (value) =>
    value === undefined
      ? undefined
      : [value].flat().flatMap((text) => (typeof text === 'string' ? text.split(',') : [text])),
  z.array(stateInRequest).min(1).max(50),
);

/** Why somebody does something; goes into the node’s history. */
export const reason = z.string().max(500).exactOptional().describe('Why; goes into the node’s history.');
