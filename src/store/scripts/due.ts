import { ASK, type Ask, RECORDS } from './prelude.js';

export interface DueAsk extends Ask {
  /** Negative: what comes within that time, too. */
  readonly olderThanMs: number;
  readonly skip: number;
  readonly limit: number;
}

/** KEYS[1] = ids by time. Answers { { id, record }, … }, the longest past first. */
export const DUE = `
${ASK}${RECORDS}
return records(redis.call(
  'ZRANGE', KEYS[1], '-inf', now - ask.olderThanMs, 'BYSCORE', 'LIMIT', ask.skip, ask.limit))
`;
