import { describe, expect, it } from 'vitest';
import type { Claimed, Deliveries, Mark, Message, Retry } from '../../src/webhooks/deliveries.js';
import { LETTERS, useWebhooks } from './support/fixture.js';

const fixture = useWebhooks();
const receiver = { url: 'http://127.0.0.1:9999/hook' };
const TTL_MS = 10_000;
const mark: Mark = { cursor: '5-0', beyond: ['7-0'], oldestAt: 6 };
const failure = { at: 3, status: 500 };
const message = (key: string): Message => ({
  key,
  lane: 'n1',
  at: 1,
  body: JSON.stringify({
    v: 1,
    type: 'webhook.test',
    timestamp: '2030-01-01T00:00:00.000Z',
    data: { webhookId: 'x' },
  }),
});
const retry = (key: string): Retry => ({
  key,
  message: message(key),
  attempts: 2,
  firstAttemptAt: 2,
  notBefore: 9,
  lastFailure: failure,
});

async function added(): Promise<{ readonly id: string; readonly deliveries: Deliveries }> {
  const { webhook } = await fixture.add(receiver);
  return { id: webhook.id, deliveries: fixture.deliveries() };
}
const claim = async (deliveries: Deliveries, id: string, holder: string): Promise<Claimed> => {
  const claimed = await deliveries.claim(id, { holder, ttlMs: TTL_MS });
  if (claimed === undefined) throw new Error(`${holder} cannot claim`);
  return claimed;
};
/** What Redis holds of it, leases aside. */
const stored = async (id: string) => {
  const progress = await fixture.redis.hgetall(`{nodeyard}:webhook-progress:${id}`);
  const { holder: _, leaseEnd: __, epoch: ___, ...rest } = progress;
  return { rest, webhook: await fixture.webhooks().get(id), retries: await fixture.deliveries().retries(id) };
};

describe('the lease of a webhook', () => {
  it('is one process’s at a time, until it ends', async () => {
    const { id, deliveries } = await added();
    expect(await deliveries.free()).toEqual([id]);
    const first = await claim(deliveries, id, 'a');
    expect(first.lease).toEqual({ webhookId: id, epoch: 1, holder: 'a' });
    expect(await deliveries.free()).toEqual([]);
    expect(await deliveries.claim(id, { holder: 'b', ttlMs: TTL_MS })).toBeUndefined();
    expect(await fixture.webhooks().get(id)).toMatchObject({ delivery: { deliveredBy: 'a' } });
    fixture.clock.pass(TTL_MS);
    expect(await deliveries.free()).toEqual([id]);
    expect((await fixture.webhooks().get(id)).delivery).not.toHaveProperty('deliveredBy');
    expect((await claim(deliveries, id, 'b')).lease.epoch).toBe(2);
  });

  it('lives on by renewal, which brings the mark and what was changed', async () => {
    const { id, deliveries } = await added();
    const { lease } = await claim(deliveries, id, 'a');
    fixture.clock.pass(TTL_MS - 1);
    expect(await deliveries.renew(lease, TTL_MS, mark)).toEqual({ enabled: true, revision: 0 });
    fixture.clock.pass(TTL_MS - 1);
    expect(await deliveries.free()).toEqual([]);
    await fixture.webhooks().disable(id, 'x');
    expect(await deliveries.renew(lease, TTL_MS, mark)).toEqual({ enabled: false, revision: 1 });
    expect((await fixture.webhooks().get(id)).delivery).toMatchObject({
      position: '5-0',
      oldestUndeliveredAt: 6,
    });
  });

  it('given back is free at once', async () => {
    const { id, deliveries } = await added();
    const { lease } = await claim(deliveries, id, 'a');
    await deliveries.release(lease);
    expect(await deliveries.free()).toEqual([id]);
    expect(await deliveries.renew(lease, TTL_MS, mark)).toBe('lost');
  });

  it('is not given for a webhook that is disabled or not there', async () => {
    const { id, deliveries } = await added();
    await fixture.webhooks().disable(id, 'x');
    expect(await deliveries.free()).toEqual([]);
    expect(await deliveries.claim(id, { holder: 'a', ttlMs: TTL_MS })).toBeUndefined();
    expect(await deliveries.claim('whaaaaaaaaaaaa', { holder: 'a', ttlMs: TTL_MS })).toBeUndefined();
    expect(await fixture.redis.keys('*whaaaaaaaaaaaa*')).toEqual([]);
  });
});

describe('a stale lease', () => {
  const writes: [string, (deliveries: Deliveries, claimed: Claimed) => Promise<unknown>][] = [
    ['renew', (deliveries, { lease }) => deliveries.renew(lease, TTL_MS, mark)],
    ['settle', (deliveries, { lease }) => deliveries.settle(lease, [{ key: '6-0' }], mark)],
    ['postpone', (deliveries, { lease }) => deliveries.postpone(lease, [retry('6-0')], mark, failure)],
    [
      'skipGap',
      (deliveries, { lease }) =>
        deliveries.skipGap(lease, { after: '1-0', until: '2-0', message: message('gap-2-0') }),
    ],
    ['disable', (deliveries, { lease }) => deliveries.disable(lease, 'gone', failure)],
  ];

  it.each(writes)('changes nothing by %s', async (_, write) => {
    const { id, deliveries } = await added();
    const stale = await claim(deliveries, id, 'a');
    fixture.clock.pass(TTL_MS);
    await claim(deliveries, id, 'b');
    const before = await stored(id);
    expect(await write(deliveries, stale)).toBe('lost');
    expect(await stored(id)).toEqual(before);
  });

  it.each(writes)('of a removed webhook brings nothing of it back by %s', async (_, write) => {
    const { id, deliveries } = await added();
    const claimed = await claim(deliveries, id, 'a');
    await fixture.webhooks().remove(id);
    expect(await write(deliveries, claimed)).toBe('lost');
    expect(await fixture.redis.keys('*webhook*')).toEqual([]);
  });

  it('does not give back what is another’s', async () => {
    const { id, deliveries } = await added();
    const { lease } = await claim(deliveries, id, 'a');
    fixture.clock.pass(TTL_MS);
    await claim(deliveries, id, 'b');
    await deliveries.release(lease);
    expect(await deliveries.free()).toEqual([]);
  });
});

describe('what was stored', () => {
  it('is there for the next process: the mark, what is tried again, the last gap', async () => {
    const { id, deliveries } = await added();
    const { lease } = await claim(deliveries, id, 'a');
    await deliveries.settle(lease, [{ key: '5-0' }], mark);
    await deliveries.postpone(lease, [retry('6-0'), { ...retry('8-0'), attempts: 0 }], mark, failure);
    await deliveries.skipGap(lease, { after: '1-0', until: '2-0', message: message('gap-2-0') });
    await deliveries.release(lease);
    const { url, filter, mark: found, gapUntil, retries } = await claim(deliveries, id, 'b');
    expect({ url, filter, found, gapUntil }).toEqual({
      url: receiver.url,
      filter: {},
      found: { cursor: '5-0', beyond: ['7-0'] },
      gapUntil: '2-0',
    });
    expect([...retries].sort((a, b) => a.key.localeCompare(b.key))).toEqual([
      retry('6-0'),
      { ...retry('8-0'), attempts: 0 },
      { key: 'gap-2-0', message: message('gap-2-0'), attempts: 0, notBefore: 0 },
    ]);
    expect(await fixture.webhooks().get(id)).toMatchObject({
      delivery: {
        delivered: 1,
        failedAttempts: 1,
        gaps: 1,
        retrying: 3,
        deadLetters: 1,
        lastFailure: failure,
      },
    });
  });

  it('is counted: delivered, failed, dead', async () => {
    const { id, deliveries } = await added();
    const { lease } = await claim(deliveries, id, 'a');
    await deliveries.postpone(lease, [retry('6-0')], mark, failure);
    await deliveries.settle(lease, [{ key: '6-0', dead: { retry: retry('6-0'), failure } }, { key: '7-0' }], {
      cursor: '7-0',
      beyond: [],
    });
    expect((await fixture.webhooks().get(id)).delivery).toEqual({
      position: '7-0',
      delivered: 1,
      failedAttempts: 2,
      dead: 1,
      deadLetters: 1,
      gaps: 0,
      retrying: 0,
      lastDeliveredAt: fixture.clock.now(),
      lastFailure: failure,
      deliveredBy: 'a',
    });
  });
});

describe('dead letters', () => {
  async function withLetters(count: number) {
    const { id, deliveries } = await added();
    const { lease } = await claim(deliveries, id, 'a');
    for (let i = 0; i < count; i += 1) {
      await deliveries.settle(lease, [{ key: `${i}-0`, dead: { retry: retry(`${i}-0`), failure } }], mark);
    }
    return { id, deliveries, lease, webhooks: fixture.webhooks() };
  }

  it('are shown newest first, with what was to be sent, page by page', async () => {
    const { id, webhooks } = await withLetters(5);
    const first = await webhooks.deadLetters(id, { limit: 2 });
    expect(first.letters[0]).toEqual({
      id: expect.stringMatching(/^\d+-\d+$/),
      kind: 'dead',
      at: fixture.clock.now(),
      messageId: `${id}_4-0`,
      attempts: 2,
      firstAttemptAt: 2,
      lastFailure: failure,
      payload: JSON.parse(message('').body),
    });
    const second = await webhooks.deadLetters(id, { limit: 2, cursor: first.cursor ?? '' });
    const third = await webhooks.deadLetters(id, { limit: 2, cursor: second.cursor ?? '' });
    const ids = [first, second, third].flatMap(({ letters }) =>
      letters.map((letter) => (letter.kind === 'dead' ? letter.messageId : '')),
    );
    expect(ids).toEqual([4, 3, 2, 1, 0].map((number) => `${id}_${number}-0`));
    expect(third.cursor).toBeUndefined();
    await expect(webhooks.deadLetters(id, { cursor: '+' })).rejects.toMatchObject({ field: 'cursor' });
    await expect(webhooks.deadLetters(id, { limit: 0 })).rejects.toMatchObject({ field: 'limit' });
  });

  it('are kept up to a bound, the newest of them, and all are counted', async () => {
    const { id, webhooks } = await withLetters(LETTERS + 7);
    const { letters } = await webhooks.deadLetters(id);
    expect(letters).toHaveLength(LETTERS);
    expect(letters[0]).toMatchObject({ messageId: `${id}_${LETTERS + 6}-0` });
    expect((await webhooks.get(id)).delivery).toMatchObject({ dead: LETTERS + 7, deadLetters: LETTERS });
  });

  it('are given back one by one, under their old id and with attempts anew', async () => {
    const { id, webhooks, deliveries } = await withLetters(3);
    const { letters } = await webhooks.deadLetters(id);
    const [newest] = letters;
    expect(await webhooks.redeliver(id, [newest?.id ?? '', '1-1'])).toBe(1);
    expect(await webhooks.redeliver(id, [newest?.id ?? ''])).toBe(0);
    expect(await deliveries.retries(id)).toEqual([
      { key: 'again-2-0', message: message('2-0'), attempts: 0, notBefore: 0 },
    ]);
    expect((await webhooks.deadLetters(id)).letters).toEqual(letters.slice(1));
    await expect(webhooks.redeliver(id, ['everything'])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('are given back all together, gaps excepted', async () => {
    const { id, webhooks, deliveries, lease } = await withLetters(LETTERS - 1);
    await deliveries.skipGap(lease, { after: '1-0', until: '2-0', message: message('gap-2-0') });
    expect(await webhooks.redeliver(id, 'all')).toBe(LETTERS - 1);
    expect((await webhooks.deadLetters(id)).letters).toEqual([
      { id: expect.any(String), kind: 'gap', at: fixture.clock.now(), after: '1-0', until: '2-0' },
    ]);
    expect(await deliveries.retries(id)).toHaveLength(LETTERS);
    const renewed = await deliveries.renew(lease, TTL_MS, mark);
    expect(renewed).toMatchObject({ revision: 1 });
  });
});
