/**
 * Redis goes away while clients write: frozen (it keeps its connections and says nothing) or ended (TERM). Every request is
 * answered, soon and plainly; and afterwards each one is wholly done or not at all, which its idempotency key tells.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { concurrently } from '../../src/cli/concurrently.js';
import { openInventories } from '../../src/fleet/open-inventories.js';
import { reconcileParts } from '../../src/fleet/reconcile/parts.js';
import { reconcile } from '../../src/fleet/reconcile.js';
import { jobIdOf } from '../../src/queue/jobs.js';
import { loadCatalog } from '../../stacks/catalog.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeEach(async () => {
  yard = await YardApi.open({ NODEYARD_API_REDIS_TIMEOUT: '500ms' });
});
afterEach(() => yard.close());

const REQUEST = { group: 'g', role: 'r', stack: 'local-node' };

interface Sent {
  readonly key: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly retryAfter: string | null;
}

const send = async (key: string): Promise<Sent> => {
  const { status, body, headers } = await yard.ask<ErrorTold>('/v1/nodes', {
    method: 'POST',
    as: 'operator',
    json: REQUEST,
    headers: { 'idempotency-key': key },
  });
  return {
    key,
    status,
    code: body.error?.code,
    message: body.error?.message,
    retryAfter: headers.get('retry-after'),
  };
};

/** Writers that go on until they are stopped. */
function writing(writers: number): { readonly sent: readonly Sent[]; stop(): Promise<void> } {
  const sent: Sent[] = [];
  let stopped = false;
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; !stopped; i += 1) sent.push(await send(`w${writer}-${i}`));
  };
  const all = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return {
    sent,
    stop: async () => {
      stopped = true;
      await all;
    },
  };
}

const AWAYS = {
  'is frozen': {
    leave: () => process.kill(yard.yard.redis.pid, 'SIGSTOP'),
    comeBack: async () => void process.kill(yard.yard.redis.pid, 'SIGCONT'),
  },
  'is ended': {
    leave: () => process.kill(yard.yard.redis.pid, 'SIGTERM'),
    comeBack: () => yard.yard.redis.restart(),
  },
} as const;

describe.each(Object.entries(AWAYS))('while Redis %s', (_, { leave, comeBack }) => {
  test('every request gets 503 and Retry-After, and afterwards each is wholly done or not at all', async () => {
    const { sent, stop } = writing(8);
    await expect
      .poll(() => sent.filter(({ status }) => status === 202).length, { timeout: 30_000 })
      .toBeGreaterThan(40);
    leave();
    const before = sent.length;
    await expect
      .poll(() => sent.slice(before).filter(({ status }) => status === 503).length, { timeout: 30_000 })
      .toBeGreaterThan(200);
    const reads = await Promise.all(
      ['/v1/nodes', '/v1/counts', '/v1/queues', '/v1/stacks'].map((path) => yard.ask<ErrorTold>(path)),
    );
    for (const { status, body } of reads)
      expect([status, body.error.code]).toEqual([503, 'REDIS_UNAVAILABLE']);
    const ready = await yard.ask<{ dependencies: { redis: string } }>('/readyz', { as: 'nobody' });
    expect([ready.status, ready.body.dependencies.redis]).toEqual([503, expect.stringMatching(/^Redis /)]);
    expect((await yard.ask('/livez', { as: 'nobody' })).status).toBe(200);
    await comeBack();
    const back = sent.length;
    await expect
      .poll(() => sent.slice(back).filter(({ status }) => status === 202).length, { timeout: 30_000 })
      .toBeGreaterThan(40);
    await stop();

    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([202, 503]));
    for (const { status, code, retryAfter } of sent.filter((each) => each.status === 503)) {
      expect([status, code, Number(retryAfter)]).toEqual([503, 'REDIS_UNAVAILABLE', expect.any(Number)]);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    const nothingDone = sent.filter(({ message }) => message?.includes('nothing was done'));
    expect(nothingDone.length).toBeGreaterThan(sent.filter(({ status }) => status === 503).length / 2);
    await expectWhole(sent);
  });
});

const AT_ONCE = 32;

/** What was taken is there; what was not is there whole or not at all; and sent again, all of it is there once. */
async function expectWhole(sent: readonly Sent[]): Promise<void> {
  const { store, queues } = yard.app;
  // Whatever has a record and no job gets it from the reconciler, as it does wherever a worker runs.
  const inventories = openInventories(yard.app, await loadCatalog());
  const parts = reconcileParts(yard.app, inventories, { start: () => false });
  const settings = { ...parts.settings, strandedAfterMs: 0 };
  for (;;) {
    const { findings } = await reconcile({ ...parts, settings });
    if (!findings.some(({ rule, outcome }) => rule === 'stranded' && outcome === 'done')) break;
  }
  const ids = new Map<string, string>();
  await concurrently(sent, AT_ONCE, async ({ key, status, message }) => {
    const node = await store.findByRequestId(key);
    if (status === 202) expect(node, key).toBeDefined();
    if (message?.includes('nothing was done')) expect(node, key).toBeUndefined();
    else if (status === 503) expect(message).toContain('may or may not be done');
    if (node === undefined) return;
    ids.set(key, node.id);
    expect(node).toMatchObject({ state: 'REQUESTED', requestId: key });
    const made = (await store.history(node.id)).filter(({ to }) => to === 'REQUESTED');
    expect(made, key).toHaveLength(1);
    expect(await queues.isAlive('create', jobIdOf('create', node.id, node.generation)), key).toBe(true);
  });
  await concurrently(sent, AT_ONCE, async ({ key }) => {
    expect((await send(key)).status, key).toBe(202);
    const node = await store.findByRequestId(key);
    if (ids.has(key)) expect(node?.id).toBe(ids.get(key));
  });
  const { REQUESTED } = await store.counts();
  expect(REQUESTED).toBe(new Set(sent.map(({ key }) => key)).size);
}
