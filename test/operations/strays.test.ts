/** What no state holds, on a real store and a real repository, with a cloud and a clock that the test decides. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import type { Inventory, InventoryItem } from '../../src/fleet/inventory.js';
import { silentLog } from '../../src/log.js';
import { Session } from '../../src/operations/session.js';
import { clearStrays, type Leave } from '../../src/operations/strays.js';
import { realTimers } from '../../src/operations/timers.js';
import { createRedisStateRepository } from '../../src/state/redis-repository.js';
import { NO_INVENTORIES } from '../fleet/support.js';
import { stateWith } from '../state/support/documents.js';
import { nodeAt, useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
const HOUR = 3_600_000;

const sessions: Session[] = [];
let clock: number;
/** The pauses that were made, each as long as it was. */
let pauses: number[];
let items: InventoryItem[];
/** Why an item cannot be destroyed yet. */
let stuck: Map<string, Error>;
let destroyed: string[];
let settleMs: number;
let onList: () => Promise<void>;
let onPause: () => void;
beforeEach(() => {
  clock = 0;
  pauses = [];
  items = [];
  stuck = new Map();
  destroyed = [];
  settleMs = 0;
  onList = async () => undefined;
  onPause = () => undefined;
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.end();
});

const cloud: Inventory = {
  name: 'cloud',
  get settleMs() {
    return settleMs;
  },
  async list(of) {
    await onList();
    return items.filter(({ nodeId }) => of === undefined || nodeId === of.nodeId);
  },
  async destroy({ id }) {
    const error = stuck.get(id);
    destroyed.push(error === undefined ? id : `${id} in vain`);
    if (error !== undefined) throw error;
  },
};
const monotonic = () => clock;
const states = () => createRedisStateRepository({ redis: fixture.redis, keptVersions: 2 });
const item = (nodeId: string, id: string, vital = true): InventoryItem => {
  return { nodeId, id, vital, kind: vital ? 'machine' : 'group', createdAt: 0 };
};

/** A session that follows a run of which nobody knows what it made. */
async function afterAKill(): Promise<Session> {
  const { id } = await nodeAt(fixture.store, 'CREATING');
  const session = await Session.open(
    {
      store: fixture.store,
      settings: { lease: { ttlMs: 10 * HOUR, renewMs: HOUR, stopMarginMs: 1 } },
      log: silentLog,
      monotonic,
      timers: realTimers,
      newId: randomUUID,
    },
    { operation: 'create', nodeId: id },
  );
  if ('refused' in session) throw new Error(session.refused);
  sessions.push(session);
  return session;
}
const clear = (session: Session, leave: Leave = 'nothing', inventories: readonly Inventory[] = [cloud]) =>
  clearStrays(
    {
      inventories: { ...NO_INVENTORIES, of: async () => inventories },
      states: states(),
      timers: {
        wait: async (ms, signal) => {
          pauses.push(ms);
          onPause();
          // As a real pause, which hears of a stop in its own time.
          await Promise.resolve();
          if (!signal.aborted) clock += ms;
        },
      },
      monotonic,
    },
    session,
    leave,
  );
const accounted = async ({ node, epoch, holder, accounting }: Session) => {
  await fixture.store.release(node.id, { epoch, holder }, accounting.made);
  return (await fixture.store.get(node.id))?.accounted;
};
const lastReason = async ({ node }: Session) => (await fixture.store.history(node.id)).at(-1)?.reason;

describe('what counts as a stray', () => {
  test('is what bears the node’s marks and stands in no state: neither in its own nor in quarantine', async () => {
    const session = await afterAKill();
    const { id } = session.node;
    await states().save(id, { epoch: 2, sequence: 1, document: stateWith('own') });
    await states().save(id, { epoch: 1, sequence: 1, document: stateWith('quarantined') });
    items = [item(id, 'own'), item(id, 'quarantined'), item(id, 'lost'), item('another', 'not-ours')];
    expect(await clear(session)).toBeUndefined();
    expect(destroyed).toEqual(['lost']);
    expect(await lastReason(session)).toBe(
      'destroyed machine lost in cloud: an earlier run made it, and no state holds it',
    );
    expect(await accounted(session)).toBe(2);
  });

  test('is also what only the record names, because no run will ever destroy that', async () => {
    const session = await afterAKill();
    const { id } = session.node;
    const resources = [{ address: 'a.b', type: 'a', id: 'known' }];
    await fixture.store.patch(id, session.epoch, { resources });
    items = [item(id, 'known')];
    expect(await clear(session)).toBeUndefined();
    expect(destroyed).toEqual(['known']);
  });

  test('is never another node’s, whatever the cloud answers', async () => {
    const session = await afterAKill();
    const careless: Inventory = { ...cloud, settleMs: 0, list: async () => [item('another', 'theirs')] };
    expect(await clear(session, 'nothing', [careless])).toBeUndefined();
    expect(destroyed).toEqual([]);
  });

  test('is nothing where the run before was sure, and where the stack has no inventory', async () => {
    const sure = await afterAKill();
    sure.accounting.noteAsked();
    items = [item(sure.node.id, 'x')];
    expect(await clear(sure)).toBeUndefined();
    const without = await afterAKill();
    expect(await clear(without, 'nothing', [])).toBeUndefined();
    expect(destroyed).toEqual([]);
    expect(await accounted(without)).toBe(0);
  });
});

describe('the order', () => {
  test('is machines first, and what they use once they have let go of it', async () => {
    const session = await afterAKill();
    const { id } = session.node;
    items = [item(id, 'g', false), item(id, 'm')];
    stuck.set('g', new NodeyardError('DEPENDENCY', 'in use'));
    onPause = () => {
      if (pauses.length === 2) stuck.clear();
    };
    expect(await clear(session)).toBeUndefined();
    expect(destroyed).toEqual(['m', 'g in vain', 'g in vain', 'g']);
    expect(pauses).toEqual([1_000, 2_000]);
  });

  test('ends with a failure where something is still there after a minute, and nothing may stay', async () => {
    const session = await afterAKill();
    items = [item(session.node.id, 'g', false)];
    stuck.set('g', new NodeyardError('DEPENDENCY', 'in use'));
    expect(await clear(session)).toMatchObject({
      code: 'DEPENDENCY',
      message: 'an earlier run has left what no state holds: in use',
    });
    expect(clock).toBeGreaterThanOrEqual(60_000);
    expect(await accounted(session)).toBe(0);
  });

  test('lets a create go on without what can wait, says so, and has it asked for again', async () => {
    const session = await afterAKill();
    items = [item(session.node.id, 'g', false)];
    stuck.set('g', new Error('in use'));
    expect(await clear(session, 'what-can-wait')).toBeUndefined();
    expect(await lastReason(session)).toBe(
      'left to the reconciler, because it cannot be destroyed yet: group g',
    );
    expect(await accounted(session)).toBe(0);
  });

  test('does not let a create go on beside a machine', async () => {
    const session = await afterAKill();
    items = [item(session.node.id, 'g', false), item(session.node.id, 'm')];
    stuck.set('m', new Error('no answer'));
    expect(await clear(session, 'what-can-wait')).toMatchObject({ code: 'INVENTORY_UNAVAILABLE' });
  });

  test('is not gone through again for whom it is forbidden', async () => {
    const session = await afterAKill();
    items = [item(session.node.id, 'm')];
    stuck.set('m', new NodeyardError('DENIED', 'not allowed'));
    expect(await clear(session)).toMatchObject({ code: 'DENIED' });
    expect(pauses).toEqual([]);
  });
});

describe('the list', () => {
  test('is believed only so long after the last run, which may have ended long before', async () => {
    settleMs = 30_000;
    const { id } = await nodeAt(fixture.store, 'CREATING');
    fixture.now += 20_000;
    const dependencies = {
      store: fixture.store,
      settings: { lease: { ttlMs: 10 * HOUR, renewMs: HOUR, stopMarginMs: 1 } },
      log: silentLog,
      monotonic,
      timers: realTimers,
      newId: randomUUID,
    };
    const session = await Session.open(dependencies, { operation: 'create', nodeId: id });
    if ('refused' in session) throw new Error(session.refused);
    sessions.push(session);
    clock += 4_000;
    expect(await clear(session)).toBeUndefined();
    expect(pauses).toEqual([6_000]);
    // A run of this session that is not sure counts from its own end.
    clock += 100_000;
    session.noteUnsure();
    expect(await clear(session)).toBeUndefined();
    expect(pauses).toEqual([6_000, 30_000]);
  });

  test('is not waited for when the session is to end', async () => {
    settleMs = HOUR;
    const session = await afterAKill();
    items = [item(session.node.id, 'm')];
    onPause = () => session.stop('shutdown');
    expect(await clear(session)).toMatchObject({ code: 'SHUTDOWN' });
    expect(clock).toBe(0);
    expect(destroyed).toEqual([]);
  });

  test('is thrown away where another run has taken the node meanwhile: it may show that one’s machine', async () => {
    const session = await afterAKill();
    const { id } = session.node;
    onList = async () => {
      await fixture.store.release(id, { epoch: session.epoch, holder: session.holder });
      await fixture.store.begin(id, { operation: 'create', holder: 'other', leaseMs: 1_000 });
      items = [item(id, 'of-the-other')];
    };
    expect(await clear(session)).toMatchObject({ code: 'LEASE_LOST' });
    expect(destroyed).toEqual([]);
    expect(session.stopReason).toBe('lease-lost');
  });

  test('that cannot be had is a failure with the code of the cloud', async () => {
    const session = await afterAKill();
    onList = () => Promise.reject(new NodeyardError('THROTTLED', 'slow down'));
    expect(await clear(session)).toMatchObject({ code: 'THROTTLED', message: 'slow down' });
    expect(await accounted(session)).toBe(0);
  });
});
