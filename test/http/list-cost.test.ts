/**
 * No list costs more for what it does not return. Each read of a list route is made with little in Redis and with much, and has to
 * ask Redis for the same commands and get as much to carry. What one command does inside of Redis is not seen by this; all of them
 * are bounded by a LIMIT or a COUNT, or are the size of something.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concurrently } from '../../src/cli/concurrently.js';
import { pageOfEvents } from '../../src/http/event-page.js';
import { createFindings } from '../../src/http/findings.js';
import { deadKey } from '../../src/webhooks/keys.js';
import { nodeAt } from '../store/support.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
let webhook: string;
beforeAll(async () => {
  yard = await Yard.open({ NODEYARD_WEBHOOKS_ALLOW_HTTP: 'on' });
  const { webhooks } = yard.app;
  webhook = (await webhooks.add({ url: 'http://hooks.example.test/' }, { createdBy: 'test' })).webhook.id;
  await grow(FEW);
});
afterAll(() => yard.close());

const FEW = 12;
const MANY = 400;
const AT_ONCE = 50;
const LIMIT = 5;

const DOCUMENT = Buffer.from('{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[]}');
const WATCHED = 'watched';

/** More of everything that a list shows. Names are of one length, so that a page of them is. */
let made = 0;
async function grow(by: number): Promise<void> {
  const { store, states, audit, queues, redis } = yard.app;
  if (made === 0) await nodeAt(store, 'INSERVICE', { id: WATCHED });
  const numbers = Array.from({ length: by }, () => 100_000 + made++);
  await concurrently(numbers, AT_ONCE, async (number) => {
    const { id } = await nodeAt(store, 'FAILED destroy', { id: `n${number}` });
    await states.save(id, { epoch: 1, sequence: 1, document: DOCUMENT });
    await states.save(id, { epoch: 2, sequence: 1, document: DOCUMENT });
    await queues.add('create', id, 1);
    await audit.add({
      at: Date.now(),
      who: 'token ci',
      action: 'node.destroy',
      target: id,
      from: '127.0.0.1',
      result: 'done',
      status: 202,
      requestId: id,
    });
    await store.note(WATCHED, { actor: 'operator', reason: String(number) });
    const letter = JSON.stringify({ after: '1-0', until: '2-0' });
    await redis.xadd(deadKey(webhook), '*', 'kind', 'gap', 'at', '1', 'letter', letter);
  });
}

interface Cost {
  /** Times that each command was asked for, by scripts as well. */
  readonly commands: Readonly<Record<string, number>>;
  /** What Redis has answered. */
  readonly bytes: number;
}

/** Of our own looks at what it costs. */
const OURS = new Set(['info', 'config']);

async function costOf(read: () => Promise<unknown>): Promise<Cost> {
  const { redis } = yard.app;
  // A script is sent whole once.
  await read();
  await redis.config('RESETSTAT');
  await read();
  const said = await redis.info('everything');
  const calls = [...said.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)];
  const commands = calls.map(([, name = '', count]) => [name.split('|')[0] ?? '', Number(count)] as const);
  return {
    commands: Object.fromEntries(commands.filter(([name]) => !OURS.has(name))),
    bytes: Number(/total_net_output_bytes:(\d+)/.exec(said)?.[1]),
  };
}

const READS: Readonly<Record<string, () => Promise<unknown>>> = {
  nodes: () => yard.app.store.list({}, { limit: LIMIT }),
  'nodes in states, of a group': () =>
    yard.app.store.list({ state: ['FAILED', 'INSERVICE'], group: 'web' }, { limit: LIMIT }),
  counts: () => yard.app.store.counts(),
  'the history of a node': () => yard.app.store.history(WATCHED, LIMIT),
  states: () => yard.app.states.list({ limit: LIMIT }),
  quarantine: () => yard.app.states.quarantined(undefined, LIMIT),
  events: () => pageOfEvents(yard.app.store, { after: '0', limit: LIMIT }),
  'events by a filter that finds': () =>
    pageOfEvents(yard.app.store, { after: '0', limit: LIMIT, group: 'web' }),
  audit: () => yard.app.audit.list({ limit: LIMIT }),
  'dead letters': () => yard.app.webhooks.deadLetters(webhook, { limit: LIMIT }),
  webhooks: () => yard.app.webhooks.list(),
  queues: () => yard.app.queues.standings(),
};

test('every list asks for the same, and gets as much, whether there is little or much', async () => {
  const measure = async (): Promise<Record<string, Cost>> => {
    const costs: Record<string, Cost> = {};
    for (const [name, read] of Object.entries(READS)) costs[name] = await costOf(read);
    return costs;
  };
  const few = await measure();
  await grow(MANY);
  const many = await measure();
  for (const name of Object.keys(READS)) {
    expect(many[name]?.commands, name).toEqual(few[name]?.commands);
    expect(Object.keys(many[name]?.commands ?? {}), name).not.toContain('keys');
    expect(many[name]?.bytes, name).toBeGreaterThan(0);
    // A count has more digits when there is more to count.
    expect(many[name]?.bytes, name).toBeLessThan((few[name]?.bytes ?? 0) + SOME_DIGITS);
  }
});
const SOME_DIGITS = 100;

test('the measure sees a list that reads more than it shows', async () => {
  const before = await costOf(() => yard.app.store.list({}, { limit: 1_000 }));
  await grow(FEW);
  const after = await costOf(() => yard.app.store.list({}, { limit: 1_000 }));
  expect(after.bytes).toBeGreaterThan(before.bytes + SOME_DIGITS);
  expect(after.commands['hgetall']).toBeGreaterThan(before.commands['hgetall'] ?? 0);
});

describe('a filter over the events', () => {
  const pages = async (query: Parameters<typeof pageOfEvents>[1]) => {
    const read: number[] = [];
    const { eventPage } = yard.app.store;
    const store = {
      eventPage: async (ask: Parameters<typeof eventPage>[0]) => {
        const page = await eventPage(ask);
        read.push(page.events.length);
        return page;
      },
    };
    const { events } = await pageOfEvents(store, query);
    return { looked: read.reduce((sum, each) => sum + each, 0), found: events.length };
  };

  test('that finds soon looks at no more than one step', async () => {
    expect(await pages({ after: '0', limit: LIMIT, group: 'web' })).toEqual({ looked: 100, found: LIMIT });
  });

  test('that finds nothing looks at a thousand of them, and no more', async () => {
    const { events } = await yard.app.store.eventPage({ after: '0', limit: 1_000 });
    expect(events).toHaveLength(1_000);
    expect(await pages({ after: '0', group: 'nobody' })).toEqual({ looked: 1_000, found: 0 });
  });
});

test('a look at the fleet is shown to everybody for a while, and costs nothing again', async () => {
  let looks = 0;
  let now = 1_000;
  const look = async () => {
    looks += 1;
    return { findings: [], failures: [], inventories: [] };
  };
  const findings = createFindings({ look, keptMs: 60_000, now: () => now });
  await Promise.all(Array.from({ length: 20 }, findings));
  now += 59_000;
  await findings();
  expect(looks).toBe(1);
  now += 1_000;
  await findings();
  expect(looks).toBe(2);
});
