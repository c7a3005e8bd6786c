import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs } from '../../src/webhooks/backoff.js';
import { verdictOf } from '../../src/webhooks/verdict.js';

const backoff = { firstMs: 5_000, maxMs: 900_000 };

describe('the wait before another attempt', () => {
  it('doubles with each attempt, up to the longest', () => {
    const waits = [1, 2, 3, 4, 8, 9, 10, 5_000].map((attempts) => backoffMs(attempts, backoff, () => 1));
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 640_000, 900_000, 900_000, 900_000]);
  });

  it('is between half and all of that, by chance', () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), chance, (attempts, random) => {
        const full = backoffMs(attempts, backoff, () => 1);
        const wait = backoffMs(attempts, backoff, () => random);
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2030, 0, 1);
  it.each<[string | undefined, number | undefined]>([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Tue, 01 Jan 2030 00:01:00 GMT', 60_000],
    ['Mon, 31 Dec 2029 23:59:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['1e9', undefined],
    ['99999999999', undefined],
  ])('%j asks for %j ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});

describe('an answer', () => {
  const answered = (status: number, retryAfter?: string) =>
    verdictOf(
      { kind: 'answered', status, said: 'no', ...(retryAfter === undefined ? {} : { retryAfter }) },
      1_000,
    );

  it.each([200, 201, 202, 204, 299])('%i is a delivery', (status) => {
    expect(answered(status)).toEqual({ kind: 'delivered' });
  });

  it.each([101, 300, 301, 302, 307, 308, 400, 401, 404, 408, 422, 429, 500, 501, 502, 503, 504, 599])(
    '%i is a failure',
    (status) => {
      expect(answered(status)).toEqual({ kind: 'failed', failure: { at: 1_000, status, detail: 'no' } });
    },
  );

  it('410 means that nothing more is wanted', () => {
    expect(answered(410)).toEqual({ kind: 'gone', failure: { at: 1_000, status: 410, detail: 'no' } });
  });

  it.each([429, 502, 503, 504])('%i may ask for a pause of the whole webhook', (status) => {
    expect(answered(status, '30')).toMatchObject({ kind: 'failed', pauseMs: 30_000 });
  });

  it('500 may not, for it speaks of one message', () => {
    expect(answered(500, '30')).not.toHaveProperty('pauseMs');
  });

  it('that did not come is a failure with its reason, and one that we stopped is none', () => {
    const none = { kind: 'unanswered', problem: 'unreachable', detail: 'ECONNREFUSED' } as const;
    const failure = { at: 1_000, problem: 'unreachable', detail: 'ECONNREFUSED' };
    expect(verdictOf(none, 1_000)).toEqual({ kind: 'failed', failure });
    expect(verdictOf({ kind: 'stopped' }, 1_000)).toEqual({ kind: 'stopped' });
  });
});
