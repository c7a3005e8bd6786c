/** The delivery from the stream to receivers, as users rely on it. */
import { describe, expect, it } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { webhookPayloadSchema } from '../../src/webhooks/payload.js';
import { failureOf, nodeAt } from '../store/support.js';
import { useWebhooks, words } from './support/fixture.js';
import { type Answerer, answering, type Received } from './support/receiver.js';
import { verified } from './support/verify.js';

const fixture = useWebhooks();
const get = (id: string) => fixture.webhooks().get(id);
const delivered = async (id: string): Promise<number> => (await get(id)).delivery.delivered;
const wordOf = ({ body }: Received): string | undefined =>
  (JSON.parse(body) as { data: { reason?: string } }).data.reason;

/** 200 for all but the events with one of these words. */
const failingFor =
  (bad: readonly string[], status = 500): Answerer =>
  (response, received) =>
    void response.writeHead(bad.includes(wordOf(received) ?? '') ? status : 200).end();

describe('an event', () => {
  it('is brought to every webhook that it matches, once, with the position stored', async () => {
    const [all, failures] = [await fixture.receiver(), await fixture.receiver()];
    const one = await fixture.add(all);
    const two = await fixture.add(failures, { filter: { states: ['FAILED'] } });
    fixture.deliver();
    const { id } = await nodeAt(fixture.store.store, 'FAILED create');
    const events = await fixture.store.store.history(id);
    await fixture.eventually(() => delivered(one.webhook.id), 3);
    await fixture.eventually(() => delivered(two.webhook.id), 1);
    expect(all.ids).toEqual(events.map(({ position }) => `${one.webhook.id}_${position}`));
    expect(failures.ids).toEqual([`${two.webhook.id}_${events.at(-1)?.position}`]);
    expect((await get(one.webhook.id)).delivery).toMatchObject({
      position: events.at(-1)?.position,
      failedAttempts: 0,
      retrying: 0,
    });
  });

  it('is signed, so that a receiver can verify it by the specification', async () => {
    const receiver = await fixture.receiver();
    const { secret } = await fixture.add(receiver);
    fixture.deliver();
    const { id } = await nodeAt(fixture.store.store, 'REQUESTED');
    await fixture.eventually(() => receiver.received.length, 1);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const payload = await verified(secret, headers, body, fixture.clock.now());
    expect(webhookPayloadSchema.parse(payload)).toEqual(payload);
    expect(payload).toEqual({
      v: 1,
      type: 'node.transition',
      timestamp: new Date(fixture.store.now).toISOString(),
      data: {
        position: await fixture.store.store.latestPosition(),
        nodeId: id,
        group: 'web',
        role: 'edge',
        to: 'REQUESTED',
        actor: 'producer',
        epoch: 0,
      },
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'nodeyard' });
  });

  it('says why a node is FAILED by its code, and nothing that may quote an input', async () => {
    const receiver = await fixture.receiver();
    await fixture.add(receiver, { filter: { states: ['FAILED', 'CREATED'] } });
    fixture.deliver();
    const { store } = fixture.store;
    const secretInputs = { inputs: { password: 'geheim' } };
    const created = await nodeAt(store, 'CREATED', secretInputs);
    const { id, epoch } = await nodeAt(store, 'CREATING', secretInputs);
    const diagnostics = [{ severity: 'error', summary: 'geheim', detail: 'geheim' } as const];
    const failure = { ...failureOf('create'), message: 'geheim', diagnostics };
    await store.transition(id, { to: 'FAILED', actor: 'terraform', epoch, reason: 'given up', failure });
    await fixture.eventually(() => receiver.received.length, 2);
    const bodies = receiver.received.map(({ body }) => body).join();
    expect(bodies).not.toContain('geheim');
    expect(bodies).toContain(created.id);
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toMatchObject({
      data: {
        reason: 'given up',
        failure: { operation: 'create', code: 'NETWORK', retryable: true, attempts: 1 },
      },
    });
  });

  it('is brought in the order of its node, however many are under way', async () => {
    const receiver = await fixture.receiver();
    const { webhook } = await fixture.add(receiver);
    const nodes = await Promise.all(Array.from({ length: 5 }, () => fixture.node()));
    const before = receiver.received.length;
    fixture.deliver();
    for (let i = 0; i < 12; i += 1) for (const id of nodes) await fixture.happens(id, `${id} ${i}`);
    await fixture.eventually(() => delivered(webhook.id), 5 * 5 + 5 * 12);
    const came = words(receiver).slice(before);
    for (const id of nodes) {
      const ofNode = came.filter((word) => word?.startsWith(`${id} `));
      expect(ofNode).toEqual(Array.from({ length: 12 }, (_, i) => `${id} ${i}`));
    }
  });

  it('of a long backlog is brought, page after page', async () => {
    const receiver = await fixture.receiver();
    const { webhook } = await fixture.add(receiver);
    const nodes = await Promise.all(Array.from({ length: 3 }, () => fixture.node()));
    await Promise.all(
      Array.from({ length: 600 }, (_, i) => fixture.happens(nodes[i % 3] ?? '', `word ${i}`)),
    );
    fixture.deliver();
    await fixture.eventually(() => delivered(webhook.id), 600 + 3 * 5);
    expect(new Set(receiver.ids).size).toBe(615);
    expect(receiver.ids).toHaveLength(615);
    expect((await get(webhook.id)).delivery).toMatchObject({
      position: await fixture.store.store.latestPosition(),
    });
  });
});

describe('a delivery that fails', () => {
  it('is tried again after growing waits, with the same id and bytes and a new signature', async () => {
    const receiver = await fixture.receiver();
    const [node, other] = [await fixture.node(), await fixture.node()];
    const { webhook, secret } = await fixture.add(receiver);
    const statuses = [500, 404, 302, 200];
    receiver.answer = (response, received) => {
      const status = wordOf(received) === 'one' ? statuses.shift() : 200;
      response.writeHead(status ?? 500, { location: 'http://10.0.0.1/' }).end();
    };
    const ones = () => receiver.received.filter((each) => wordOf(each) === 'one');
    fixture.deliver();
    await fixture.happens(node, 'one');
    for (const [attempt, wait] of [1_000, 2_000, 4_000].entries()) {
      await fixture.eventually(async () => (await get(webhook.id)).delivery.failedAttempts, attempt + 1, 0);
      fixture.clock.pass(wait - 1);
      // What comes now of another node goes through all the same, and shows that its time has not come.
      await fixture.happens(other, `probe ${attempt}`);
      await fixture.eventually(() => words(receiver).includes(`probe ${attempt}`), true, 0);
      expect(ones()).toHaveLength(attempt + 1);
      fixture.clock.pass(1);
      await fixture.eventually(() => ones().length, attempt + 2, 0);
    }
    await fixture.eventually(async () => (await get(webhook.id)).delivery.retrying, 0, 0);
    expect(new Set(ones().map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(ones().map(({ body }) => body)).size).toBe(1);
    expect(new Set(ones().map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4);
    for (const { headers, body } of ones()) {
      await verified(secret, headers, body, Number(headers['webhook-timestamp']) * 1_000);
    }
  });

  it('holds up its own node alone, and the stream not at all', async () => {
    const receiver = await fixture.receiver();
    const [broken, sound] = [await fixture.node(), await fixture.node()];
    const { webhook } = await fixture.add(receiver);
    receiver.answer = failingFor(['poison']);
    fixture.deliver({ settings: { attempts: 100 } });
    await fixture.happens(broken, 'poison');
    await fixture.happens(broken, 'behind it');
    // More than a session takes in at once.
    await Promise.all(Array.from({ length: 300 }, (_, i) => fixture.happens(sound, `sound ${i}`)));
    await fixture.eventually(() => words(receiver).filter((word) => word?.startsWith('sound')).length, 300);
    expect(words(receiver)).not.toContain('behind it');
    await fixture.eventually(
      async () => (await get(webhook.id)).delivery.position,
      await fixture.store.store.latestPosition(),
    );
    expect((await get(webhook.id)).delivery).toMatchObject({
      retrying: 2,
      oldestUndeliveredAt: fixture.store.now,
      lastFailure: { status: 500 },
    });
    receiver.answer = answering(200);
    await fixture.eventually(() => words(receiver).slice(-2), ['poison', 'behind it'], 1_000);
  });

  it('for which the receiver asks for a pause lets it have it, for the whole webhook', async () => {
    const receiver = await fixture.receiver();
    const other = await fixture.receiver();
    const [one, two] = [await fixture.node(), await fixture.node()];
    const { webhook } = await fixture.add(receiver);
    await fixture.add(other);
    receiver.next.push(answering(429, { 'retry-after': '30' }));
    fixture.deliver();
    await fixture.happens(one, 'first');
    await fixture.eventually(async () => (await get(webhook.id)).delivery.failedAttempts, 1, 0);
    fixture.clock.pass(29_999);
    // The same event goes to another receiver, which shows that there was time enough.
    await fixture.happens(two, 'second');
    await fixture.eventually(() => words(other), ['first', 'second'], 0);
    expect(receiver.received).toHaveLength(1);
    fixture.clock.pass(1);
    await fixture.eventually(() => receiver.received.length, 3, 0);
    expect(words(receiver).sort()).toEqual(['first', 'first', 'second']);
  });

  it('never waits for longer than the longest wait, whatever the receiver asks for', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    receiver.next.push(answering(503, { 'retry-after': '999999' }));
    fixture.deliver();
    await fixture.happens(node, 'word');
    await fixture.eventually(async () => (await get(webhook.id)).delivery.failedAttempts, 1, 0);
    fixture.clock.pass(60_000);
    await fixture.eventually(() => receiver.received.length, 2, 0);
  });

  it('at every attempt is dead, visible, and the next event of its node goes', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    receiver.answer = failingFor(['poison'], 422);
    fixture.deliver();
    await fixture.happens(node, 'poison');
    await fixture.happens(node, 'behind it');
    await fixture.eventually(() => words(receiver), [...Array(4).fill('poison'), 'behind it'], 500);
    await fixture.eventually(() => delivered(webhook.id), 1);
    expect((await get(webhook.id)).delivery).toMatchObject({
      position: await fixture.store.store.latestPosition(),
      dead: 1,
      deadLetters: 1,
      retrying: 0,
      failedAttempts: 4,
    });
    const { letters } = await fixture.webhooks().deadLetters(webhook.id);
    expect(letters).toMatchObject([
      {
        kind: 'dead',
        messageId: receiver.ids[0],
        attempts: 4,
        lastFailure: { status: 422 },
        payload: { type: 'node.noted', data: { nodeId: node, reason: 'poison' } },
      },
    ]);
    expect(fixture.logged).toContain('a webhook’s message is dead');
  });

  it('and is given back by a person is delivered under its old id, in the old order', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    receiver.answer = answering(500);
    fixture.deliver({ settings: { attempts: 1 } });
    for (const word of 'abcdefgh') await fixture.happens(node, word);
    await fixture.eventually(async () => (await get(webhook.id)).delivery.deadLetters, 8);
    const ids = [...receiver.ids];
    receiver.answer = answering(200);
    expect(await fixture.webhooks().redeliver(webhook.id, 'all')).toBe(8);
    await fixture.eventually(() => receiver.ids.length, 16, 500);
    expect(receiver.ids.slice(8)).toEqual(ids);
    await fixture.eventually(() => delivered(webhook.id), 8);
    expect((await get(webhook.id)).delivery).toMatchObject({ deadLetters: 0, retrying: 0, dead: 8 });
  });
});

describe('a receiver', () => {
  it('that answers 410 is asked no more, and goes on with that very event when it is enabled again', async () => {
    const [gone, other] = [await fixture.receiver(), await fixture.receiver()];
    const node = await fixture.node();
    const { webhook } = await fixture.add(gone);
    const { webhook: second } = await fixture.add(other);
    gone.answer = answering(410);
    fixture.deliver();
    for (const word of ['a', 'b']) await fixture.happens(node, word);
    await fixture.eventually(() => delivered(second.id), 2);
    await fixture.eventually(async () => (await get(webhook.id)).enabled, false);
    expect(await get(webhook.id)).toMatchObject({
      disabledReason: 'the receiver answered 410 Gone',
      delivery: { delivered: 0, dead: 0, lastFailure: { status: 410 } },
    });
    expect(words(gone)).toEqual(['a']);
    gone.answer = answering(200);
    await fixture.webhooks().enable(webhook.id);
    await fixture.eventually(() => words(gone), ['a', 'a', 'b'], 500);
  });

  it('that hangs holds up no other', async () => {
    const [slow, quick] = [await fixture.receiver(), await fixture.receiver()];
    const node = await fixture.node();
    const { webhook } = await fixture.add(slow);
    const { webhook: other } = await fixture.add(quick);
    slow.answer = () => {};
    fixture.deliver();
    for (let i = 0; i < 50; i += 1) await fixture.happens(node, `word ${i}`);
    await fixture.eventually(() => delivered(other.id), 50);
    await fixture.eventually(
      async () => (await get(webhook.id)).delivery.oldestUndeliveredAt,
      fixture.store.now,
      500,
    );
    expect(await delivered(webhook.id)).toBe(0);
    expect(slow.received).toHaveLength(1);
  });

  it('never gets more requests at once than is set', async () => {
    const receiver = await fixture.receiver();
    const nodes = await Promise.all(Array.from({ length: 10 }, () => fixture.node()));
    const { webhook } = await fixture.add(receiver);
    let open = 0;
    let most = 0;
    const held: (() => void)[] = [];
    let probe: Promise<unknown> | undefined;
    receiver.answer = (response, { method }) => {
      if (method === 'GET') return void response.end();
      open += 1;
      most = Math.max(most, open);
      held.push(() => {
        open -= 1;
        response.writeHead(200).end();
      });
      // Connections are taken in their order: when the probe is answered, all that were begun before it are here.
      if (open === 3) probe ??= fetch(receiver.url);
      if (open >= 3) {
        void probe?.then(() => {
          for (const letGo of held.splice(0)) letGo();
        });
      } else if (most >= 3) for (const letGo of held.splice(0)) letGo();
    };
    for (const id of nodes) for (const word of ['a', 'b', 'c']) await fixture.happens(id, word);
    fixture.deliver({ settings: { concurrency: 3 } });
    await fixture.eventually(() => delivered(webhook.id), 30);
    expect(most).toBe(3);
  });
});

describe('the place in the stream', () => {
  it('is kept over a restart, with what waits for another try', async () => {
    const receiver = await fixture.receiver();
    const [one, two] = [await fixture.node(), await fixture.node()];
    const { webhook } = await fixture.add(receiver);
    receiver.answer = failingFor(['poison']);
    const first = fixture.deliver();
    await fixture.happens(one, 'poison');
    await fixture.happens(two, 'a');
    await fixture.eventually(() => delivered(webhook.id), 1, 0);
    await fixture.eventually(async () => (await get(webhook.id)).delivery.failedAttempts, 1, 0);
    await first.stop();
    expect((await get(webhook.id)).delivery).not.toHaveProperty('deliveredBy');
    await fixture.happens(one, 'behind it');
    await fixture.happens(two, 'b');
    receiver.answer = answering(200);
    fixture.deliver();
    await fixture.eventually(() => words(receiver).includes('b'), true, 0);
    expect(words(receiver).filter((word) => word === 'poison')).toHaveLength(1);
    fixture.clock.pass(1_000);
    await fixture.eventually(() => delivered(webhook.id), 4, 0);
    expect(words(receiver).filter((word) => word !== 'a' && word !== 'b')).toEqual([
      'poison',
      'poison',
      'behind it',
    ]);
    expect(words(receiver).filter((word) => word === 'a' || word === 'b')).toEqual(['a', 'b']);
  });

  it('is another’s as soon as the lease is; what was not stored comes again, under the same id', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    fixture.deliver({ settings: { leaseMs: 30_000 } });
    // While the first request is under way, somebody else takes the webhook.
    receiver.next.push((response) => {
      void fixture.redis
        .hset(`{nodeyard}:webhook-progress:${webhook.id}`, 'epoch', '7', 'holder', 'another')
        .then(() => response.writeHead(200).end());
    });
    await fixture.happens(node, 'word');
    await fixture.eventually(() => fixture.logged.includes('"end":"lost"'), true);
    expect(await delivered(webhook.id)).toBe(0);
    // The other one has died as well, and its lease ends.
    await fixture.eventually(() => receiver.ids.length, 2, 1_000);
    expect(new Set(receiver.ids).size).toBe(1);
    await fixture.eventually(() => delivered(webhook.id), 1);
  });

  it('is given up in time by a process that cannot renew its lease, with what it has under way', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    receiver.answer = () => {};
    const deliveries = fixture.deliveries();
    fixture.deliver({
      settings: { leaseMs: 30_000 },
      deliveries: { ...deliveries, renew: () => new Promise(() => {}) },
    });
    await fixture.happens(node, 'word');
    await fixture.eventually(() => receiver.connections, 1);
    await fixture.eventually(() => fixture.logged.includes('"end":"lost"'), true, 1_000);
    // The lease that Redis knows of is alive to the last: no other process sends yet.
    await fixture.eventually(() => receiver.connections, 0, 0);
    expect(await deliveries.claim(webhook.id, { holder: 'other', ttlMs: 1 })).toBeUndefined();
  });

  it('has a gap where events were trimmed before they were delivered: a letter, a message, a loud word', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook, secret } = await fixture.add(receiver);
    for (const word of ['lost', 'lost too', 'kept']) await fixture.happens(node, word);
    await fixture.redis.xtrim('{nodeyard}:events', 'MAXLEN', 1);
    const until = await fixture.store.store.latestPosition();
    const missed: string[] = [];
    const meter = {
      attempted: () => {},
      died: () => {},
      oldest: () => {},
      missed: (id: string) => void missed.push(id),
    };
    const first = fixture.deliver({ meter });
    await fixture.eventually(() => delivered(webhook.id), 2);
    const gap = { after: webhook.delivery.position, until };
    expect((await fixture.webhooks().deadLetters(webhook.id)).letters).toEqual([
      { kind: 'gap', id: expect.any(String), at: expect.any(Number), ...gap },
    ]);
    const told = receiver.received.find(({ body }) => body.includes('webhook.gap'));
    expect(await verified(secret, told?.headers ?? {}, told?.body ?? '', fixture.clock.now())).toMatchObject({
      type: 'webhook.gap',
      data: { webhookId: webhook.id, ...gap },
    });
    expect(words(receiver)).toContain('kept');
    expect(missed).toEqual([webhook.id]);
    expect(fixture.logged).toMatch(/"level":"error".*events were trimmed before a webhook got them/);
    await first.stop();
    fixture.deliver({ meter });
    await fixture.happens(node, 'next');
    await fixture.eventually(() => delivered(webhook.id), 3);
    expect((await get(webhook.id)).delivery.gaps).toBe(1);
  });

  it('has each gap once, even where a process dies right after it', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    for (const word of ['lost', 'kept']) await fixture.happens(node, word);
    await fixture.redis.xtrim('{nodeyard}:events', 'MAXLEN', 1);
    receiver.answer = () => {};
    const first = fixture.deliver();
    await fixture.eventually(() => receiver.received.length, 2);
    await first.stop();
    receiver.answer = answering(200);
    fixture.deliver();
    await fixture.eventually(() => delivered(webhook.id), 2, 500);
    expect((await get(webhook.id)).delivery).toMatchObject({ gaps: 1, deadLetters: 1 });
  });

  it('has no gap where everything that was trimmed had been dealt with', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    const first = fixture.deliver();
    for (const word of ['a', 'b', 'c']) await fixture.happens(node, word);
    await fixture.eventually(() => delivered(webhook.id), 3);
    await first.stop();
    await fixture.redis.xtrim('{nodeyard}:events', 'MAXLEN', 1);
    await fixture.happens(node, 'd');
    fixture.deliver();
    await fixture.eventually(() => delivered(webhook.id), 4);
    expect((await get(webhook.id)).delivery.gaps).toBe(0);
  });

  it('outlives the stream for what is tried again', async () => {
    const receiver = await fixture.receiver();
    const [one, two] = [await fixture.node(), await fixture.node()];
    const { webhook } = await fixture.add(receiver);
    receiver.answer = failingFor(['poison']);
    const first = fixture.deliver();
    await fixture.happens(one, 'poison');
    await fixture.happens(two, 'a');
    await fixture.eventually(() => delivered(webhook.id), 1, 0);
    await first.stop();
    await fixture.redis.del('{nodeyard}:events');
    receiver.answer = answering(200);
    fixture.deliver();
    await fixture.eventually(() => words(receiver).at(-1), 'poison', 500);
  });
});

describe('a person', () => {
  it('who disables a webhook ends its delivery, and who enables it gets what came meanwhile', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    fixture.deliver();
    await fixture.happens(node, 'a');
    await fixture.eventually(() => delivered(webhook.id), 1);
    await fixture.webhooks().disable(webhook.id, 'moving house');
    await fixture.eventually(() => fixture.logged.includes('"end":"disabled"'), true, 500);
    await fixture.happens(node, 'b');
    await fixture.webhooks().enable(webhook.id);
    await fixture.eventually(() => words(receiver), ['a', 'b'], 500);
  });

  it('who removes a webhook ends its delivery, and nothing of it comes back', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    fixture.deliver();
    receiver.next.push((response) => {
      void fixture
        .webhooks()
        .remove(webhook.id)
        .then(() => response.writeHead(200).end());
    });
    await fixture.happens(node, 'a');
    await fixture.eventually(() => fixture.logged.includes('"end":"lost"'), true, 500);
    expect(await fixture.redis.keys('*webhook*')).toEqual([]);
  });

  it('who adds a webhook while others are delivered has it delivered soon', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    fixture.deliver();
    const { webhook } = await fixture.add(receiver);
    await fixture.happens(node, 'a');
    await fixture.eventually(() => delivered(webhook.id), 1, 500);
  });
});

describe('Redis', () => {
  it('that goes away for a while stops nothing for good, and nothing is lost', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    fixture.redis.on('error', () => {});
    fixture.deliver();
    await fixture.happens(node, 'a');
    await fixture.eventually(() => delivered(webhook.id), 1);
    receiver.next.push((response) => {
      void fixture.store.server.kill().then(() => response.writeHead(200).end());
    });
    await fixture.happens(node, 'b');
    await fixture.eventually(() => words(receiver), ['a', 'b']);
    await fixture.store.server.restart();
    await fixture.happens(node, 'c');
    await fixture.eventually(() => delivered(webhook.id), 3, 500);
    expect([...new Set(words(receiver))]).toEqual(['a', 'b', 'c']);
  });
});

describe('a result', () => {
  it('that Redis does not take at once is stored when it does, and nothing is sent twice for it', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    const deliveries = fixture.deliveries();
    let refusals = 3;
    const settle: typeof deliveries.settle = async (...about) => {
      refusals -= 1;
      if (refusals >= 0) throw new NodeyardError('REDIS_UNAVAILABLE', 'away');
      return deliveries.settle(...about);
    };
    fixture.deliver({ deliveries: { ...deliveries, settle } });
    for (const word of ['a', 'b']) await fixture.happens(node, word);
    await fixture.eventually(() => delivered(webhook.id), 2, 100);
    expect(words(receiver)).toEqual(['a', 'b']);
  });
});

describe('what is measured', () => {
  it('tells every attempt, every death and the age of what waits', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const { webhook } = await fixture.add(receiver);
    const told: string[] = [];
    const oldest: (number | undefined)[] = [];
    const meter = {
      attempted: (id: string, outcome: string, ms: number) =>
        void told.push(`${id} ${outcome} ${Number.isFinite(ms)}`),
      died: (id: string) => void told.push(`${id} died`),
      missed: () => {},
      oldest: (_: string, at: number | undefined) => void oldest.push(at),
    };
    receiver.next.push(answering(500), answering(500));
    const delivering = fixture.deliver({ meter, settings: { attempts: 2 } });
    await fixture.happens(node, 'a');
    await fixture.happens(node, 'b');
    await fixture.eventually(() => delivered(webhook.id), 1, 500);
    await delivering.stop();
    const outcomes = ['failed', 'failed', 'delivered'].map((outcome) => `${webhook.id} ${outcome} true`);
    expect(told).toEqual([outcomes[0], outcomes[1], `${webhook.id} died`, outcomes[2]]);
    expect(oldest).toContain(fixture.store.now);
    expect(oldest.at(-1)).toBeUndefined();
  });

  it('says an outage once, and its end', async () => {
    const receiver = await fixture.receiver();
    const nodes = await Promise.all(Array.from({ length: 6 }, () => fixture.node()));
    const { webhook } = await fixture.add(receiver);
    receiver.answer = answering(500);
    fixture.deliver();
    for (const node of nodes) await fixture.happens(node, 'a');
    await fixture.eventually(() => receiver.received.length >= 12, true, 500);
    receiver.answer = answering(200);
    await fixture.eventually(() => delivered(webhook.id), 6, 500);
    const said = (words: string): number => fixture.logged.split(words).length - 1;
    expect(said('cannot be delivered; trying again')).toBe(1);
    expect(said('a webhook is delivered again')).toBe(1);
  });
});

describe('secrets', () => {
  it('are in no line of the log, however the delivery goes', async () => {
    const [receiver, dead] = [await fixture.receiver(), await fixture.receiver()];
    const node = await fixture.node();
    const added = [await fixture.add(receiver), await fixture.add(dead)];
    await dead.close();
    receiver.next.push(answering(500, {}, 'told-in-confidence'), answering(410));
    fixture.deliver({ settings: { attempts: 2 } });
    for (const word of ['a', 'b', 'c']) await fixture.happens(node, word);
    await fixture.eventually(async () => (await get(added[0]?.webhook.id ?? '')).enabled, false, 500);
    await fixture.eventually(async () => (await get(added[1]?.webhook.id ?? '')).delivery.dead, 3, 500);
    expect(fixture.logged).toContain('cannot be delivered');
    for (const { secret } of added) expect(fixture.logged).not.toContain(secret.slice(6));
    expect(fixture.logged).not.toContain('query-secret');
    expect(fixture.logged).not.toContain('told-in-confidence');
    expect(fixture.logged).not.toContain('v1,');
    const events = JSON.stringify(await fixture.store.store.events({ after: '0', limit: 1_000 }));
    for (const { secret } of added) expect(events).not.toContain(secret.slice(6));
  });

  it('that cannot be read stop their webhook, and no other', async () => {
    const receiver = await fixture.receiver();
    const node = await fixture.node();
    const key = new Uint8Array(32);
    const sealed = await fixture.webhooks({ keys: [key] }).add({ url: receiver.url }, { createdBy: 'test' });
    const plain = await fixture.add(receiver);
    fixture.deliver();
    await fixture.happens(node, 'a');
    await fixture.eventually(() => delivered(plain.webhook.id), 1, 500);
    expect(receiver.received).toHaveLength(1);
    expect(fixture.logged).toMatch(/RECORD_UNREADABLE|secret of webhook/);
    expect(fixture.logged).not.toContain(sealed.secret.slice(6));
  });
});
