/**
 * Redis goes away while clients write, and they go on writing: frozen (it keeps its connections and says nothing), ended (TERM) or
 * killed. Every request is answered, soon and plainly; and afterwards each one is wholly done or not at all, which its idempotency
 * key tells. It is away for a few seconds; OUTAGE_SECONDS=30 keeps it away for longer, and tells how soon answers came.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { concurrently } from '../../src/cli/concurrently.js';
import { openInventories } from '../../src/fleet/open-inventories.js';
import { reconcileParts } from '../../src/fleet/reconcile/parts.js';
import { reconcile } from '../../src/fleet/reconcile.js';
import type { NodeRecord } from '../../src/node/record.js';
import { jobIdOf } from '../../src/queue/jobs.js';
import { loadCatalog } from '../../stacks/catalog.js';
import { type ErrorTold, YardApi } from './yard-api.js';

const LONG_SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 0);
const AWAY_MS = LONG_SECONDS > 0 ? LONG_SECONDS * 1_000 : 2_000;
const TEST_MS = 120_000 + 5 * AWAY_MS;

/** What the API waits for one answer of Redis. */
const REDIS_TIMEOUT_MS = 500;
/** Every request is answered within it, whatever happens: many times what is waited for Redis, because machines are late. */
const ANSWER_MS = 20 * REDIS_TIMEOUT_MS;

let yard: YardApi;
beforeEach(async () => {
  yard = await YardApi.open({ NODEYARD_API_REDIS_TIMEOUT: `${REDIS_TIMEOUT_MS}ms` });
  // What was answered is in the journal, so that a kill proves something.
  await yard.app.redis.config('SET', 'appendfsync', 'always');
});
afterEach(() => yard.close());

const REQUEST = { group: 'g', role: 'r', stack: 'local-node' };
const WRITERS = 8;
/** Whoever was refused does not come again in the same moment. */
const PAUSE_MS = 10;

interface Sent {
  readonly what: 'create' | 'destroy';
  /** The idempotency key, or the node. */
  readonly of: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly retryAfter: string | null;
  /** Made or moved by it. */
  readonly nodeId: string | undefined;
  readonly ms: number;
}

async function send(what: Sent['what'], of: string): Promise<Sent> {
  const path = what === 'create' ? '/v1/nodes' : `/v1/nodes/${of}/destroy`;
  const startedAt = performance.now();
  const { status, body, headers } = await yard.ask<Partial<ErrorTold> & { node?: { id: string } }>(path, {
    method: 'POST',
    as: 'operator',
    signal: AbortSignal.timeout(ANSWER_MS),
    ...(what === 'create' ? { json: REQUEST, headers: { 'idempotency-key': of } } : {}),
  });
  return {
    what,
    of,
    status,
    code: body.error?.code,
    message: body.error?.message,
    retryAfter: headers.get('retry-after'),
    nodeId: body.node?.id,
    ms: performance.now() - startedAt,
  };
}

/** Writers that go on until they are stopped: each asks for nodes, and has every other one of them destroyed. */
function writing(): { readonly sent: readonly Sent[]; stop(): Promise<void> } {
  const sent: Sent[] = [];
  let stopped = false;
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; !stopped; i += 1) {
      const asked = await send('create', `w${writer}-${i}`);
      sent.push(asked);
      if (asked.nodeId !== undefined && i % 2 === 0) sent.push(await send('destroy', asked.nodeId));
      if (asked.status !== 202) await sleep(PAUSE_MS);
    }
  };
  const all = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  all.catch(() => undefined);
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
  'is killed': {
    leave: () => process.kill(yard.yard.redis.pid, 'SIGKILL'),
    comeBack: () => yard.yard.redis.restart(),
  },
} as const;

const saysNothingDone = ({ message }: Sent): boolean => message?.includes('nothing was done') === true;

describe.each(Object.entries(AWAYS))('while Redis %s', (_, { leave, comeBack }) => {
  test(
    'every request gets 503 and Retry-After, and afterwards each is wholly done or not at all',
    async () => {
      const { sent, stop } = writing();
      const since = (from: number, status: number): number =>
        sent.slice(from).filter((each) => each.status === status).length;
      await expect.poll(() => since(0, 202), { timeout: 30_000 }).toBeGreaterThan(40);
      const away = sleep(AWAY_MS);
      leave();
      const before = sent.length;
      await expect.poll(() => since(before, 503), { timeout: 30_000 }).toBeGreaterThan(200);
      await expectReadsRefused();
      await away;
      // Whoever is asked now still is: it is away for as long as it was said to be.
      const late = sent.length;
      await expect.poll(() => since(late, 503), { timeout: 30_000 }).toBeGreaterThan(WRITERS);
      await comeBack();
      const back = sent.length;
      await expect.poll(() => since(back, 202), { timeout: 30_000 }).toBeGreaterThan(40);
      await stop();

      expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([202, 503]));
      const refused = sent.filter(({ status }) => status === 503);
      for (const { status, code, retryAfter } of refused) {
        expect([status, code, Number(retryAfter)]).toEqual([503, 'REDIS_UNAVAILABLE', expect.any(Number)]);
        expect(Number(retryAfter)).toBeGreaterThan(0);
      }
      expect(refused.filter(saysNothingDone).length).toBeGreaterThan(refused.length / 2);
      if (LONG_SECONDS > 0) process.stdout.write(`${summaryOf(refused)}\n`);
      await expectWhole(sent);
    },
    TEST_MS,
  );
});

async function expectReadsRefused(): Promise<void> {
  const paths = ['/v1/nodes', '/v1/counts', '/v1/queues', '/v1/stacks'];
  const reads = await Promise.all(paths.map((path) => yard.ask<ErrorTold>(path)));
  for (const { status, body } of reads) expect([status, body.error.code]).toEqual([503, 'REDIS_UNAVAILABLE']);
  const ready = await yard.ask<{ dependencies: { redis: string } }>('/readyz', { as: 'nobody' });
  expect([ready.status, ready.body.dependencies.redis]).toEqual([503, expect.stringMatching(/^Redis /)]);
  expect((await yard.ask('/livez', { as: 'nobody' })).status).toBe(200);
}

function summaryOf(refused: readonly Sent[]): string {
  const times = refused.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): string =>
    `${(times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1)} ms`;
  return `${refused.length} requests refused in ${LONG_SECONDS} s: p50 ${at(0.5)}, p99 ${at(0.99)}, slowest ${at(1)}; ${refused.filter(saysNothingDone).length} say that nothing was done`;
}

const AT_ONCE = 8;

/** What was taken is there; what was not is there whole or not at all; and sent again, all of it is there once. */
async function expectWhole(sent: readonly Sent[]): Promise<void> {
  await reconcileStranded();
  const creates = sent.filter(({ what }) => what === 'create');
  const destroys = new Map(sent.filter(({ what }) => what === 'destroy').map((each) => [each.of, each]));
  const ids = new Map<string, string>();
  await concurrently(creates, AT_ONCE, async (asked) => {
    const node = await yard.app.store.findByRequestId(asked.of);
    if (asked.status === 202) expect(node?.id, asked.of).toBe(asked.nodeId);
    else if (saysNothingDone(asked)) expect(node, asked.of).toBeUndefined();
    else expect(asked.message).toContain('may or may not be done');
    if (node === undefined) return;
    ids.set(asked.of, node.id);
    expect(node.requestId).toBe(asked.of);
    await expectDone(node, destroys.get(node.id));
  });
  // As Retry-After says: on a machine that is late Redis may still be silent for longer than the API waits.
  await concurrently(sent, AT_ONCE, async ({ what, of }) => {
    await expect.poll(async () => (await send(what, of)).status, { timeout: 30_000 }).toBe(202);
  });
  await concurrently(creates, AT_ONCE, async ({ of }) => {
    const node = await yard.app.store.findByRequestId(of);
    expect(node, of).toBeDefined();
    if (ids.has(of)) expect(node?.id).toBe(ids.get(of));
  });
  const { REQUESTED, DESTRUCTION_REQUESTED } = await yard.app.store.counts();
  expect(DESTRUCTION_REQUESTED).toBe(destroys.size);
  expect(REQUESTED + DESTRUCTION_REQUESTED).toBe(creates.length);
}

/** Where it was asked to be, came there once, and with a job that will drive it on. */
async function expectDone(node: NodeRecord, destroyed: Sent | undefined): Promise<void> {
  const { id, state, generation } = node;
  const moves = (await yard.app.store.history(id)).flatMap(({ to }) => (to === undefined ? [] : [to]));
  if (destroyed?.status === 202) expect(state, id).toBe('DESTRUCTION_REQUESTED');
  if (destroyed === undefined || saysNothingDone(destroyed)) expect(state, id).toBe('REQUESTED');
  const operation = state === 'REQUESTED' ? 'create' : 'destroy';
  expect(moves, id).toEqual(operation === 'create' ? ['REQUESTED'] : ['REQUESTED', 'DESTRUCTION_REQUESTED']);
  expect(await yard.app.queues.isAlive(operation, jobIdOf(operation, id, generation)), id).toBe(true);
}

/** So many nodes are looked at in one go, and then go to the end of the line. */
const LOOK = 200;

/** Whatever has a record and no job gets it from the reconciler, as it does wherever a worker runs. */
async function reconcileStranded(): Promise<void> {
  const { REQUESTED, DESTRUCTION_REQUESTED } = await yard.app.store.counts();
  const inventories = openInventories(yard.app, await loadCatalog());
  const parts = reconcileParts(yard.app, inventories, { start: () => false });
  const settings = { ...parts.settings, strandedAfterMs: 0 };
  for (let looked = 0; looked < REQUESTED + DESTRUCTION_REQUESTED; looked += LOOK) {
    await reconcile({ ...parts, settings });
  }
}
