import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AddressRules } from '../../src/webhooks/addresses.js';
import { createRedisWebhooks } from '../../src/webhooks/redis-webhooks.js';
import { MAX_WEBHOOKS } from '../../src/webhooks/webhook.js';
import { useWebhooks } from './support/fixture.js';
import { answering } from './support/receiver.js';
import { verified } from './support/verify.js';

const fixture = useWebhooks();
const by = { createdBy: 'token ci' };
const url = 'https://hooks.example.com/nodeyard?key=geheim';

/** Every value of every key, as text. */
async function everything(): Promise<string> {
  const { redis } = fixture;
  const texts = await Promise.all(
    (await redis.keys('*')).map(async (key) => {
      const type = await redis.type(key);
      if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
      return type === 'zset' ? JSON.stringify(await redis.zrange(key, 0, '-1')) : '';
    }),
  );
  return texts.join('\n');
}

describe('adding a webhook', () => {
  it('answers what it is and, this once, its secret', async () => {
    const webhooks = fixture.webhooks();
    const filter = { states: ['FAILED' as const], groups: ['media'] };
    const { webhook, secret } = await webhooks.add({ url, filter, description: 'pager' }, by);
    expect(webhook).toEqual({
      id: expect.stringMatching(/^wh[a-z0-9]{12}$/),
      url,
      filter,
      description: 'pager',
      enabled: true,
      createdBy: 'token ci',
      createdAt: fixture.clock.now(),
      delivery: {
        position: '0',
        delivered: 0,
        failedAttempts: 0,
        dead: 0,
        deadLetters: 0,
        gaps: 0,
        retrying: 0,
      },
    });
    expect(secret).toMatch(/^whsec_/);
    expect(await webhooks.get(webhook.id)).toEqual(webhook);
    expect(await webhooks.list()).toEqual([webhook]);
    expect(JSON.stringify([await webhooks.list(), webhook])).not.toContain(secret.slice(6));
  });

  it('begins with what happens from now on', async () => {
    const id = await fixture.node();
    await fixture.happens(id, 'before');
    const { webhook } = await fixture.webhooks().add({ url }, by);
    expect(webhook.delivery.position).toBe(await fixture.store.store.latestPosition());
  });

  it('lists in the order of their making', async () => {
    const webhooks = fixture.webhooks();
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      ids.push((await webhooks.add({ url }, by)).webhook.id);
      fixture.clock.pass(1);
    }
    expect((await webhooks.list()).map(({ id }) => id)).toEqual(ids);
  });

  it.each<[string, unknown, string]>([
    ['no URL', {}, 'url'],
    ['a URL that is none', { url: 'hooks' }, 'url'],
    ['a URL with a password', { url: 'https://a:geheim@hooks.example.com' }, 'url'],
    ['a private address', { url: 'https://10.0.0.1/' }, 'url'],
    ['a private address in disguise', { url: 'https://0xa000001/' }, 'url'],
    ['an address of the metadata service', { url: 'https://169.254.169.254/latest' }, 'url'],
    ['the other family', { url: 'https://[fd00:ec2::254]/latest' }, 'url'],
    ['a filter of nothing', { url, filter: { states: [] } }, 'filter.states'],
    ['an unknown field', { url, secret: 'mine' }, 'secret'],
    ['a description of nothing', { url, description: '' }, 'description'],
  ])('refuses %s, and names the field', async (_, request, field) => {
    const adding = fixture.webhooks().add(request as { url: string }, by);
    await expect(adding).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
    await expect(adding).rejects.not.toThrow('geheim');
    expect(await fixture.redis.keys('*webhook*')).toEqual([]);
  });

  it('says which setting would allow a private address', async () => {
    await expect(fixture.webhooks().add({ url: 'https://10.0.0.1/' }, by)).rejects.toThrow(
      '10.0.0.1 is private; the setting webhooks.allowPrivate can allow it',
    );
  });

  it('has an end', async () => {
    const webhooks = fixture.webhooks();
    const added = await Promise.allSettled(
      Array.from({ length: MAX_WEBHOOKS + 5 }, () => webhooks.add({ url }, by)),
    );
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX_WEBHOOKS);
    expect(await webhooks.list()).toHaveLength(MAX_WEBHOOKS);
    await expect(webhooks.add({ url }, by)).rejects.toThrow('remove one first');
  });
});

describe('a secret', () => {
  const [key, other] = [randomBytes(32), randomBytes(32)];

  it('lies sealed in Redis where keys are set', async () => {
    const { secret } = await fixture.webhooks({ keys: [key] }).add({ url }, by);
    expect(await everything()).toContain('sealed:');
    expect(await everything()).not.toContain(secret.slice(6));
  });

  it('lies there as it is without keys', async () => {
    const { secret } = await fixture.webhooks().add({ url }, by);
    expect(await everything()).toContain(`plain:${secret}`);
  });

  it.each([
    ['was stored before keys were set', [], [key]],
    ['was sealed with an earlier key', [key], [other, key]],
  ])('that %s is sealed with the first key at the next claim', async (_, before, now) => {
    const { webhook, secret } = await fixture.webhooks({ keys: before }).add({ url }, by);
    const claim = (keys: readonly Uint8Array[]) =>
      fixture.deliveries({ keys }).claim(webhook.id, { holder: 'h', ttlMs: 1_000 });
    expect((await claim(now))?.secret).toBe(secret);
    expect((await claim(now.slice(0, 1)))?.secret).toBe(secret);
    expect(await everything()).not.toContain(secret.slice(6));
  });

  it('cannot be read without its key, and the error tells nothing of it', async () => {
    const { webhook, secret } = await fixture.webhooks({ keys: [key] }).add({ url }, by);
    const claim = fixture.deliveries({ keys: [other] }).claim(webhook.id, { holder: 'h', ttlMs: 1_000 });
    await expect(claim).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
    await expect(claim).rejects.toThrow(/secret of webhook wh.* NODEYARD_STATE_KEY/);
    await expect(claim).rejects.not.toThrow(secret.slice(6));
  });

  it('of one webhook is not taken for another’s', async () => {
    const webhooks = fixture.webhooks({ keys: [key] });
    const [one, two] = [await webhooks.add({ url }, by), await webhooks.add({ url }, by)];
    const place = (id: string): string => `{nodeyard}:webhook:${id}`;
    const stolen = String(await fixture.redis.hget(place(one.webhook.id), 'secret'));
    await fixture.redis.hset(place(two.webhook.id), 'secret', stolen);
    await expect(
      fixture.deliveries({ keys: [key] }).claim(two.webhook.id, { holder: 'h', ttlMs: 1_000 }),
    ).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
  });
});

describe('a webhook', () => {
  it('is disabled with a reason and enabled again', async () => {
    const webhooks = fixture.webhooks();
    const { id } = (await webhooks.add({ url }, by)).webhook;
    expect(await webhooks.disable(id, 'moving house')).toMatchObject({
      enabled: false,
      disabledReason: 'moving house',
    });
    expect(await webhooks.disable(id, 'another')).toMatchObject({ disabledReason: 'moving house' });
    expect(await webhooks.enable(id)).toMatchObject({ enabled: true });
    expect(await webhooks.enable(id)).not.toHaveProperty('disabledReason');
  });

  it('leaves nothing when it is removed', async () => {
    const webhooks = fixture.webhooks();
    const { id } = (await webhooks.add({ url }, by)).webhook;
    await webhooks.remove(id);
    expect(await fixture.redis.keys('*')).toEqual([]);
    await expect(webhooks.remove(id)).rejects.toMatchObject({ code: 'UNKNOWN_WEBHOOK', field: 'id' });
  });

  it.each(['get', 'enable', 'remove', 'deadLetters', 'test'] as const)(
    'that nobody added is unknown to %s',
    async (method) => {
      await expect(fixture.webhooks()[method]('whaaaaaaaaaaaa')).rejects.toMatchObject({
        code: 'UNKNOWN_WEBHOOK',
      });
      await expect(fixture.webhooks()[method]('../x')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    },
  );

  it('that cannot be read is named, and what is in it is not', async () => {
    const webhooks = fixture.webhooks();
    const { id } = (await webhooks.add({ url }, by)).webhook;
    await fixture.redis.hset(`{nodeyard}:webhook:${id}`, 'filter', '{"geheim":');
    await expect(webhooks.get(id)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
    await expect(webhooks.get(id)).rejects.not.toThrow('geheim');
  });
});

describe('a trial', () => {
  it('brings a signed webhook.test and tells the answer', async () => {
    const receiver = await fixture.receiver();
    receiver.next.push(answering(204), answering(403, {}, 'who are you?'));
    const { webhook, secret } = await fixture.add(receiver);
    const webhooks = fixture.webhooks();
    await webhooks.disable(webhook.id, 'also then');
    expect(await webhooks.test(webhook.id)).toEqual({
      delivered: true,
      answer: { kind: 'answered', status: 204, said: '' },
      ms: expect.any(Number),
    });
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'nodeyard' });
    expect(await verified(secret, headers, body)).toEqual({
      v: 1,
      type: 'webhook.test',
      timestamp: expect.any(String),
      data: { webhookId: webhook.id },
    });
    expect(await webhooks.test(webhook.id)).toMatchObject({
      delivered: false,
      answer: { status: 403, said: 'who are you?' },
    });
  });

  it('goes to no private address either', async () => {
    const receiver = await fixture.receiver();
    const { webhook } = await fixture.add(receiver);
    const rules = { allowHttp: true, addresses: new AddressRules([]) };
    const { createPost } = await import('../../src/webhooks/post.js');
    const limits = { connectMs: 1_000, headMs: 1_000, bodyMs: 1_000 };
    const strict = createRedisWebhooks({
      redis: fixture.redis,
      rules,
      latestPosition: async () => '0',
      post: createPost({ rules, resolve: async () => [], limits }),
    });
    expect(await strict.test(webhook.id)).toMatchObject({
      delivered: false,
      answer: { problem: 'not-allowed', detail: '127.0.0.1 is loopback' },
    });
    expect(receiver.received).toEqual([]);
  });
});
