import { ASK, type Ask, RECORDS } from './prelude.js';

export interface StrandedAsk extends Ask {
  readonly olderThanMs: number;
  readonly skip: number;
  readonly limit: number;
}

/** KEYS[1] = the unattended. A live lease ends in the future, so it is never within the range. */
export const STRANDED = `
${ASK}${RECORDS}
return records(redis.call(
  'ZRANGE', KEYS[1], '-inf', now - ask.olderThanMs, 'BYSCORE', 'LIMIT', ask.skip, ask.limit))
`;
