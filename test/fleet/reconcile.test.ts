/** Every rule of the reconciler on a real Redis, with a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import type { InventoryItem } from '../../src/fleet/inventory.js';
import { lastAlarm } from '../../src/fleet/reconcile/alarm.js';
import type { ReconcileSettings } from '../../src/fleet/reconcile/context.js';
import { reconcile } from '../../src/fleet/reconcile.js';
import { stateWith } from '../state/support/documents.js';
import { failureOf, nodeAt, useStore } from '../store/support.js';
import { brief, Fleet, MINUTE } from './support.js';

const fixture = useStore({ sound: false });
const HOUR = 60 * MINUTE;
const lastEvent = async (id: string) => (await fixture.store.history(id)).at(-1);

describe('stranded nodes', () => {
  it('get a job, destroys first, and their history says why', async () => {
    const create = await nodeAt(fixture.store, 'REQUESTED');
    const destroy = await nodeAt(fixture.store, 'DESTRUCTION_REQUESTED');
    const fleet = new Fleet(fixture);
    expect(await fleet.look()).toEqual([]);
    fixture.now += 10_000;
    expect(brief(await fleet.look())).toEqual([
      `stranded ${destroy.id} add a destroy job: done`,
      `stranded ${create.id} add a create job: done`,
    ]);
    expect(fleet.jobs).toEqual([`destroy ${destroy.id}`, `create ${create.id}`]);
    expect(await lastEvent(create.id)).toMatchObject({
      actor: 'reconciler',
      reason: 'REQUESTED and no job is on its way: a create job was added',
    });
  });

  it('whose job only waits go to the end of the line, in silence', async () => {
    const waiting = await nodeAt(fixture.store, 'REQUESTED');
    fixture.now += 1;
    const other = await nodeAt(fixture.store, 'REQUESTED');
    const fleet = new Fleet(fixture);
    fleet.alive.add(waiting.id);
    fixture.now += 10_000;
    expect(brief(await fleet.look())).toEqual([`stranded ${other.id} add a create job: done`]);
    const ids = (await fixture.store.stranded(10)).map(({ id }) => id);
    expect(ids).toEqual([other.id, waiting.id]);
  });
});

describe('time limits', () => {
  const limitsMs = { CREATING: HOUR, INSERVICE: 2 * HOUR, DESTROYING: HOUR };

  it('end in FAILED with the state, the limit and the last error', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await fixture.store.patch(id, 1, { lastError: { code: 'THROTTLED', message: 'slow down' } });
    const fleet = new Fleet(fixture, { limitsMs, strandedAfterMs: 24 * HOUR });
    fixture.now += HOUR - 1;
    expect(await fleet.look()).toEqual([]);
    fixture.now += 1;
    expect(brief(await fleet.look())).toEqual([`time-limits ${id} fail: done`]);
    expect(await fixture.store.get(id)).toMatchObject({
      state: 'FAILED',
      failure: {
        operation: 'timeout',
        code: 'OVERDUE',
        message: 'CREATING for longer than 1h, its time limit; the last attempt: THROTTLED: slow down',
      },
    });
    expect(await lastEvent(id)).toMatchObject({ actor: 'reconciler', to: 'FAILED' });
  });

  it('do not count for a state that has none', async () => {
    await nodeAt(fixture.store, 'SOFT_SUNSET');
    fixture.now += 1_000 * HOUR;
    expect(await new Fleet(fixture, { limitsMs }).look()).toEqual([]);
  });

  it('never give up a node whose run is alive, nor one that a run has taken since it was found', async () => {
    const { store } = fixture;
    const fleet = new Fleet(fixture, { limitsMs, strandedAfterMs: 24 * HOUR });
    const alive = await nodeAt(store, 'REQUESTED');
    await store.begin(alive.id, { operation: 'create', holder: 'run', leaseMs: 2 * HOUR });
    const taken = await nodeAt(store, 'CREATING');
    fixture.now += HOUR;
    const overdue = await store.overdue('CREATING', HOUR, 10);
    expect(overdue.map(({ id }) => id)).toEqual([taken.id]);
    const racing = new Fleet(fixture, { limitsMs, strandedAfterMs: 24 * HOUR });
    Object.assign(racing.parts, {
      store: {
        ...store,
        overdue: async (...asked: Parameters<typeof store.overdue>) => {
          const found = await store.overdue(...asked);
          if (found.length > 0)
            await store.begin(taken.id, { operation: 'create', holder: 'new', leaseMs: HOUR });
          return found;
        },
      },
    });
    expect(brief(await racing.look())).toEqual([`time-limits ${taken.id} fail: passed`]);
    expect(await fleet.look()).toEqual([]);
    for (const id of [alive.id, taken.id]) expect((await store.get(id))?.state).toBe('CREATING');
  });

  it('of a destruction are not its end: it is tried again', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'DESTROYING');
    const fleet = new Fleet(fixture, { limitsMs, strandedAfterMs: 24 * HOUR });
    fixture.now += HOUR;
    expect(brief(await fleet.look())).toEqual([`time-limits ${id} fail: done`]);
    fixture.now += MINUTE;
    expect(brief(await fleet.look())).toEqual([`failed-destroys ${id} destroy again: done`]);
    expect(fleet.jobs).toEqual([`destroy ${id}`]);
  });
});

describe('failed destroys', () => {
  it('are asked for again when they are due, with how often and how long they have failed', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'FAILED destroy');
    const fleet = new Fleet(fixture);
    expect(await fleet.look()).toEqual([]);
    fixture.now += MINUTE;
    const [finding] = await fleet.look();
    expect(finding).toMatchObject({
      rule: 'failed-destroys',
      outcome: 'done',
      reason: 'its destruction has failed once in 1m, the last time by NETWORK: connection reset',
    });
    expect((await store.get(id))?.state).toBe('DESTRUCTION_REQUESTED');
    expect(await lastEvent(id)).toMatchObject({ actor: 'reconciler', reason: finding?.reason });
    expect(fleet.jobs).toEqual([`destroy ${id}`]);
  });

  it('raise an alarm at ages that double, once each, in the log and in the history, an error from a day on', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'FAILED destroy');
    const fleet = new Fleet(fixture);
    const logged: string[] = [];
    const listen = (level: string) => () => void logged.push(level);
    const log = { ...fleet.parts.log, info: listen('info'), warn: listen('warn'), error: listen('error') };
    Object.assign(fleet.parts, { log });
    const tryAt = async (ageMs: number): Promise<string | undefined> => {
      fixture.now = began + ageMs;
      logged.length = 0;
      expect(brief(await fleet.look())).toEqual([`failed-destroys ${id} destroy again: done`]);
      const begun = await store.begin(id, { operation: 'destroy', holder: `run-${ageMs}`, leaseMs: 1 });
      if ('refused' in begun) throw new Error(begun.refused);
      const failure = failureOf('destroy');
      await store.transition(id, { to: 'FAILED', actor: 'terraform', epoch: begun.epoch, failure });
      return logged[0];
    };
    const began = fixture.now;
    const ages = [0.5, 1.5, 1.9, 3.5, 25, 26.5, 50].map((hours) => hours * HOUR);
    const levels: unknown[] = [];
    for (const ageMs of ages) levels.push(await tryAt(ageMs));
    expect(levels).toEqual(['info', 'warn', 'info', 'warn', 'error', 'info', 'error']);
    const notes = (await store.history(id))
      .filter(({ type }) => type === 'noted')
      .map(({ reason }) => reason);
    expect(notes).toEqual([
      expect.stringMatching(/^warning, it may still cost money: its destruction has failed 2 times in 1h,/),
      expect.stringMatching(/^warning, .* 4 times in 3h, .*NETWORK: connection reset\. The network/),
      expect.stringMatching(/^ALARM, .* 5 times in 1d,/),
      expect.stringMatching(/^ALARM, .* 7 times in 2d,/),
    ]);
  });

  it('have alarms after 1, 2, 4, 8 and 16 hours, after 1, 2, 4 and 8 days, and every week more', () => {
    const hours = [0, 1, 2, 4, 8, 16, 24, 48, 96, 192, 360, 528, 696];
    const reached = hours.map((at) => lastAlarm(at * HOUR));
    expect(reached.map((alarm) => (alarm?.atMs ?? 0) / HOUR)).toEqual(hours);
    expect(hours.map((at) => (lastAlarm(at * HOUR - 1)?.atMs ?? 0) / HOUR)).toEqual([
      0,
      0,
      ...hours.slice(1, -1),
    ]);
    expect(new Set(reached.slice(1, 6).map((alarm) => alarm?.level))).toEqual(new Set(['warn']));
    expect(new Set(reached.slice(6).map((alarm) => alarm?.level))).toEqual(new Set(['error']));
  });
});

describe('times to live', () => {
  it('are warned of once, and their end is a destruction', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'INSERVICE', { ttl: 600 });
    const fleet = new Fleet(fixture);
    fixture.now += 5 * MINUTE;
    expect(brief(await fleet.look())).toEqual([`ttl ${id} warn: done`]);
    expect(await lastEvent(id)).toMatchObject({
      type: 'noted',
      reason: 'its time to live ends in 5m; it will be destroyed then',
    });
    expect(await fleet.look()).toEqual([]);
    fixture.now += 5 * MINUTE;
    expect(brief(await fleet.look())).toEqual([`ttl ${id} destroy: done`]);
    expect(await lastEvent(id)).toMatchObject({ reason: 'its time to live of 10m has ended' });
    expect(fleet.jobs).toEqual([`destroy ${id}`]);
    expect(await fleet.look()).toEqual([]);
  });
});

describe('quarantined states', () => {
  async function quarantined(standing: 'INSERVICE' | 'DESTROYED' | 'DESTRUCTION_REQUESTED') {
    const fleet = new Fleet(fixture, { strandedAfterMs: 24 * HOUR });
    const node = await nodeAt(fixture.store, standing);
    await fixture.redis.hset(`{nodeyard}:node:${node.id}`, 'epoch', 7);
    if (standing !== 'DESTROYED')
      await fleet.states.save(node.id, { epoch: 7, sequence: 1, document: stateWith('own', 'both') });
    return { fleet, id: node.id };
  }
  const stale = (fleet: Fleet, nodeId: string, ...names: string[]) =>
    fleet.states.save(nodeId, { epoch: 3, sequence: 1, document: stateWith(...names) });

  it('are worked on once they are quiet, naming what nobody owns', async () => {
    const { fleet, id } = await quarantined('INSERVICE');
    await stale(fleet, id, 'both', 'lost');
    expect(await fleet.look()).toEqual([]);
    fixture.now += 2 * MINUTE;
    const findings = await fleet.look();
    expect(brief(findings)).toEqual([`quarantine ${id} destroy: done`]);
    expect(findings[0]?.reason).toBe(
      'the quarantined state of epoch 3 holds what nobody owns: terraform_data.lost',
    );
    expect(fleet.cleanUps).toEqual([{ nodeId: id, epoch: 3 }]);
  });

  it('of living, destroyed and forgotten nodes are told apart only by what is owned', async () => {
    const { fleet, id } = await quarantined('DESTROYED');
    await stale(fleet, id, 'lost');
    await fleet.states.save('forgotten', { epoch: 1, sequence: 1, document: stateWith('lost') });
    const living = await nodeAt(fixture.store, 'CREATED');
    await fixture.redis.hset(`{nodeyard}:node:${living.id}`, 'epoch', 7);
    await fleet.states.save(living.id, { epoch: 7, sequence: 1, document: stateWith('own') });
    await stale(fleet, living.id, 'own');
    fixture.now += 2 * MINUTE;
    expect(brief(await fleet.look()).sort()).toEqual(
      [
        `quarantine ${id} destroy: done`,
        'quarantine forgotten destroy: done',
        `quarantine ${living.id} close: done`,
      ].sort(),
    );
  });

  it('are left to the destruction of their node where that is asked for', async () => {
    const { fleet, id } = await quarantined('DESTRUCTION_REQUESTED');
    await stale(fleet, id, 'lost');
    fixture.now += 2 * MINUTE;
    expect(await fleet.look()).toEqual([]);
  });

  it('keep the tombstone of their node', async () => {
    const { fleet, id } = await quarantined('DESTROYED');
    await stale(fleet, id, 'lost');
    const gone = await nodeAt(fixture.store, 'DESTROYED');
    fixture.now += 8 * 24 * HOUR;
    expect(brief(await fleet.look())).toContain('housekeeping - purge: done');
    expect(await fixture.store.get(id)).toBeDefined();
    expect(await fixture.store.get(gone.id)).toBeUndefined();
  });
});

describe('orphans', () => {
  const item = (nodeId: string, id: string, more: Partial<InventoryItem> = {}): InventoryItem => ({
    nodeId,
    kind: 'machine',
    id,
    createdAt: fixture.now,
    vital: true,
    ...more,
  });
  /** A fleet that somebody has looked at, and a moment later. */
  async function looked(settings: Partial<ReconcileSettings> = {}): Promise<Fleet> {
    const fleet = new Fleet(fixture, settings);
    await fleet.look();
    return fleet;
  }
  const later = (ms: number): void => {
    fixture.now += ms;
  };
  async function livingWith(fleet: Fleet, ...names: string[]): Promise<string> {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await fleet.states.save(id, { epoch: 1, sequence: 1, document: stateWith(...names) });
    return id;
  }

  it('are what belongs to no node, to a destroyed one, or stands in no state of its node', async () => {
    const fleet = await looked();
    const destroyed = await nodeAt(fixture.store, 'DESTROYED');
    const living = await livingWith(fleet, 'its-own');
    const creating = await nodeAt(fixture.store, 'CREATING');
    fleet.alive.add(creating.id);
    fleet.items = [
      item('nobody', 'a'),
      item(destroyed.id, 'b'),
      item(living, 'its-own'),
      item(living, 'second'),
      item(creating.id, 'c'),
    ];
    later(MINUTE);
    fleet.items.push(item('nobody', 'young'));
    later(9 * MINUTE);
    const findings = await fleet.look();
    expect(findings.map(({ reason, outcome }) => `${reason}: ${outcome}`)).toEqual([
      'machine a in place-1: there is no such node: done',
      'machine b in place-1: its node is destroyed: done',
      'machine second in place-1: the state of its node does not hold it: done',
    ]);
    expect(fleet.destroyed).toEqual(['a', 'b', 'second']);
    expect(await lastEvent(living)).toMatchObject({
      actor: 'reconciler',
      reason: 'destroyed an orphan: machine second in place-1: the state of its node does not hold it',
    });
  });

  it('are only reported where that is configured, and once', async () => {
    const fleet = await looked({ orphans: 'report' });
    const living = await livingWith(fleet, 'its-own');
    fleet.items = [item('nobody', 'a'), item(living, 'its-own'), item(living, 'second')];
    later(10 * MINUTE);
    const lines = brief(await fleet.look());
    expect(lines).toEqual(['orphans nobody report: done', `orphans ${living} report: done`]);
    expect(fleet.destroyed).toEqual([]);
    expect(await lastEvent(living)).toMatchObject({
      reason:
        'a resource without an owner: machine second in place-1: the state of its node does not hold it',
    });
    expect(brief(await fleet.look()).every((line) => line.endsWith('report: passed'))).toBe(true);
  });

  it('are destroyed machines first; what has to wait for one is there again the next time', async () => {
    const fleet = await looked();
    fleet.items = [item('nobody', 'group', { kind: 'group', vital: false }), item('nobody', 'a')];
    later(10 * MINUTE);
    fleet.refusals.set('group', new NodeyardError('DEPENDENCY', 'in use'));
    expect(brief(await fleet.look())).toEqual([
      'orphans nobody destroy: done',
      'orphans nobody destroy: passed',
    ]);
    fleet.refusals.clear();
    fleet.items = fleet.items.slice(0, 1);
    expect(brief(await fleet.look())).toEqual(['orphans nobody destroy: done']);
    expect(fleet.destroyed).toEqual(['a', 'group']);
  });

  it('are told where a cloud refuses to destroy them', async () => {
    const fleet = await looked();
    fleet.items = [item('nobody', 'a')];
    later(10 * MINUTE);
    fleet.refusals.set('a', new NodeyardError('DENIED', 'not allowed'));
    expect(brief(await fleet.look())).toEqual(['orphans nobody destroy: failed']);
  });

  it('are not what a quarantined state holds', async () => {
    const fleet = await looked();
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await fixture.redis.hset(`{nodeyard}:node:${id}`, 'epoch', 7);
    await fleet.states.save(id, { epoch: 3, sequence: 1, document: stateWith('lost') });
    fleet.items = [item(id, 'lost')];
    later(10 * MINUTE);
    expect(brief(await fleet.look())).toEqual([`quarantine ${id} destroy: done`]);
  });

  it('are what stands in no state beside a quarantined one, which it may keep from its end', async () => {
    const fleet = await looked();
    const id = await livingWith(fleet, 'its-own');
    await fixture.redis.hset(`{nodeyard}:node:${id}`, 'epoch', 7);
    await fleet.states.save(id, { epoch: 3, sequence: 1, document: stateWith('lost') });
    fleet.items = [item(id, 'its-own'), item(id, 'lost'), item(id, 'stray')];
    later(10 * MINUTE);
    await fleet.look();
    expect(fleet.destroyed).toEqual(['stray']);
  });

  it('are what no state holds, also where something else of the node is quarantined', async () => {
    const fleet = await looked();
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await fixture.redis.hset(`{nodeyard}:node:${id}`, 'epoch', 7);
    await fleet.states.save(id, { epoch: 3, sequence: 1, document: stateWith('group') });
    fleet.items = [item(id, 'group', { kind: 'group', vital: false }), item(id, 'uses-it', { vital: false })];
    later(10 * MINUTE);
    expect(brief(await fleet.look())).toEqual([
      `quarantine ${id} destroy: done`,
      `orphans ${id} destroy: done`,
    ]);
    expect(fleet.destroyed).toEqual(['uses-it']);
  });

  it('are not what belongs to a node one of whose states cannot be read, and others are found all the same', async () => {
    const fleet = await looked();
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await fixture.redis.hset(`{nodeyard}:node:${id}`, 'epoch', 7);
    await fleet.states.save(id, { epoch: 3, sequence: 1, document: stateWith('lost') });
    await fixture.redis.hset(`{nodeyard}:state-quarantine:${id}`, 'document:3', 'nonsense');
    fleet.items = [item(id, 'a'), item('nobody', 'b')];
    later(10 * MINUTE);
    expect(brief(await fleet.look())).toContain('orphans nobody destroy: done');
    expect(fleet.destroyed).toEqual(['b']);
  });

  it('are not what belongs to a node whose record cannot be read', async () => {
    const fleet = await looked();
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    await fixture.redis.hset(`{nodeyard}:node:${id}`, 'state', 'NO_STATE');
    fleet.items = [item(id, 'x')];
    later(10 * MINUTE);
    expect(await fleet.look()).toEqual([]);
  });

  it('stay where none of a living node’s machines is known: its inventory may name them otherwise', async () => {
    const fleet = await looked();
    const living = await livingWith(fleet, 'arn:its-own');
    fleet.items = [item(living, 'its-own')];
    later(10 * MINUTE);
    const findings = await fleet.look();
    expect(brief(findings)).toEqual([`orphans ${living} report: done`]);
    expect(findings[0]?.reason).toMatch(
      /does not hold it; it knows none of the machines that are listed for it/,
    );
  });

  it('stay where their node is to keep what its create has left', async () => {
    const fleet = await looked();
    const kept = await nodeAt(fixture.store, 'FAILED create', { onFailure: 'keep' });
    const cleaned = await nodeAt(fixture.store, 'FAILED create');
    fleet.items = [item(kept.id, 'a'), item(cleaned.id, 'b')];
    later(10 * MINUTE);
    expect(brief(await fleet.look())).toEqual([
      `orphans ${kept.id} report: done`,
      `orphans ${cleaned.id} destroy: done`,
    ]);
  });

  it('of ten thousand nodes are found in a few round trips', async () => {
    const fleet = await looked();
    let reads = 0;
    const { store } = fleet.parts;
    Object.assign(fleet.parts, {
      store: {
        ...store,
        get: () => Promise.reject(new Error('one by one')),
        getMany: (ids: readonly string[]) => {
          if (ids.length > 0) reads += 1;
          return store.getMany(ids);
        },
      },
    });
    fleet.items = Array.from({ length: 10_000 }, (_, n) => item(`nobody-${n}`, `m-${n}`));
    later(10 * MINUTE);
    expect(await fleet.look({ dryRun: true })).toHaveLength(200);
    fleet.items = fleet.items.map((each) => ({ ...each, createdAt: fixture.now }));
    reads = 0;
    expect(await fleet.look()).toEqual([]);
    expect(reads).toBe(10);
  });

  describe('of a time that this Redis does not know', () => {
    const stays = (lines: readonly string[]) => lines.every((line) => line.endsWith('report: done'));

    it('stay: a backup that was restored lacks the nodes that were made since', async () => {
      const fleet = await looked();
      later(HOUR);
      fleet.items = [item('forgotten', 'a')];
      later(HOUR);
      const findings = await fleet.look();
      expect(stays(brief(findings))).toBe(true);
      expect(findings[0]?.reason).toContain('a restored backup may have forgotten its node');
      later(5 * MINUTE);
      await fleet.look();
      fleet.items.push(item('nobody', 'b'));
      later(10 * MINUTE);
      expect(brief(await fleet.look())).toEqual([
        'orphans forgotten report: passed',
        'orphans nobody destroy: done',
      ]);
    });

    it('stay: a Redis that was lost, and given its id again, knows nothing', async () => {
      const fleet = new Fleet(fixture);
      fleet.items = [item('forgotten', 'a')];
      later(HOUR);
      expect(stays(brief(await fleet.look()))).toBe(true);
    });

    it('stay with what their machine uses, which may have no time of its own', async () => {
      const fleet = new Fleet(fixture);
      fleet.items = [item('forgotten', 'a')];
      later(HOUR);
      await fleet.look();
      fleet.items.push(item('forgotten', 'address', { kind: 'address', vital: false }));
      later(10 * MINUTE);
      expect(brief(await fleet.look())).toEqual([
        'orphans forgotten report: passed',
        'orphans forgotten report: done',
      ]);
      expect(fleet.destroyed).toEqual([]);
    });

    it('go where their node is known to be destroyed, and where all are to go', async () => {
      const { id } = await nodeAt(fixture.store, 'DESTROYED');
      const items = [item(id, 'a'), item('forgotten', 'b')];
      later(HOUR);
      const fleet = new Fleet(fixture);
      fleet.items = items;
      expect(brief(await fleet.look())).toEqual([
        `orphans ${id} destroy: done`,
        'orphans forgotten report: done',
      ]);
      const all = new Fleet(fixture, { orphans: 'destroy-all' });
      all.items = items;
      expect(brief(await all.look())).toEqual([
        `orphans ${id} destroy: done`,
        'orphans forgotten destroy: done',
      ]);
    });
  });
});

describe('vanished nodes', () => {
  const seen = (nodeId: string) => ({
    nodeId,
    kind: 'machine',
    id: nodeId,
    createdAt: fixture.now,
    vital: true,
  });

  it('are FAILED by their health after so many looks in vain, and a look between begins anew', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const fleet = new Fleet(fixture);
    const looks: (string[] | undefined)[] = [[id], [], [], [id], [], undefined, []];
    for (const ids of looks) {
      fleet.items = ids?.map(seen);
      expect(await fleet.look()).toEqual([]);
    }
    fleet.items = [];
    expect(brief(await fleet.look())).toEqual([`vanished ${id} fail: done`]);
    expect(await fixture.store.get(id)).toMatchObject({
      state: 'FAILED',
      failure: {
        operation: 'health',
        code: 'VANISHED',
        message: 'not found in place-1 for 3 looks in a row',
      },
    });
    await fleet.look();
    expect(await fixture.redis.keys('*sightings*')).toEqual([]);
  });

  it('are not those that this place has never shown, nor what is not vital', async () => {
    const elsewhere = await nodeAt(fixture.store, 'INSERVICE');
    const address = await nodeAt(fixture.store, 'INSERVICE');
    const fleet = new Fleet(fixture);
    fleet.items = [{ ...seen(address.id), vital: false }];
    await fleet.look();
    fleet.items = [];
    for (let looks = 0; looks < 5; looks += 1) expect(await fleet.look()).toEqual([]);
    for (const { id } of [elsewhere, address]) expect((await fixture.store.get(id))?.state).toBe('INSERVICE');
  });
});

describe('a look at the fleet', () => {
  it('that is dry finds all and changes nothing', async () => {
    const { store, redis } = fixture;
    const expired = await nodeAt(store, 'INSERVICE', { ttl: 60 });
    const failed = await nodeAt(store, 'FAILED destroy');
    const waiting = await nodeAt(store, 'REQUESTED');
    await nodeAt(store, 'DESTROYED');
    const fleet = new Fleet(fixture, { orphans: 'destroy', limitsMs: { REQUESTED: HOUR } });
    await fleet.parts.memory.note();
    fixture.now += 8 * 24 * HOUR;
    await fleet.parts.memory.note();
    const createdAt = fixture.now;
    fleet.items = [{ nodeId: 'nobody', kind: 'machine', id: 'x', createdAt, vital: true }];
    fixture.now += 10 * MINUTE;
    const before = await dump(redis);
    const found = brief(await fleet.look({ dryRun: true }));
    expect(found).toEqual([
      `failed-destroys ${failed.id} destroy again: found`,
      `ttl ${expired.id} destroy: found`,
      'orphans nobody destroy: found',
      `time-limits ${waiting.id} fail: found`,
      `stranded ${waiting.id} add a create job: found`,
      'housekeeping - purge: found',
    ]);
    expect(await dump(redis)).toEqual(before);
    expect([fleet.jobs, fleet.destroyed]).toEqual([[], []]);
  });

  it('by two at once does nothing twice', async () => {
    const { store } = fixture;
    const expired = await nodeAt(store, 'INSERVICE', { ttl: 60 });
    const failed = await nodeAt(store, 'FAILED destroy');
    const overdue = await nodeAt(store, 'STARTED');
    const expiring = await nodeAt(store, 'STARTED', { ttl: 360 });
    fixture.now += 2 * MINUTE;
    const fleet = new Fleet(fixture, { limitsMs: { STARTED: 2 * MINUTE }, strandedAfterMs: HOUR });
    await Promise.all([fleet.look(), fleet.look(), fleet.look()]);
    expect([...fleet.jobs].sort()).toEqual([`destroy ${expired.id}`, `destroy ${failed.id}`].sort());
    for (const { id } of [expired, failed, overdue]) {
      const events = await store.history(id);
      expect(events.filter(({ actor }) => actor === 'reconciler')).toHaveLength(1);
    }
    const warnings = (await store.history(expiring.id)).filter(({ type }) => type === 'noted');
    expect(warnings).toHaveLength(1);
  });

  it('goes on where one rule or one act fails, and ends between two acts when it is told to', async () => {
    const { store } = fixture;
    await nodeAt(store, 'FAILED health');
    const { id } = await nodeAt(store, 'FAILED destroy');
    fixture.now += HOUR;
    const fleet = new Fleet(fixture);
    const broken = {
      ...fleet.parts,
      store: { ...store, expired: () => Promise.reject(new Error('no')) },
      jobs: { ...fleet.parts.jobs, add: () => Promise.reject(new Error('no queue')) },
    };
    const report = await reconcile(broken);
    expect(report.failures).toEqual([{ rule: 'ttl', message: 'Error: no' }]);
    expect(brief(report.findings)).toEqual([`failed-destroys ${id} destroy again: failed`]);
    expect(await fleet.look({ signal: AbortSignal.abort() })).toEqual([]);
    fixture.now += 10_000;
    expect(brief(await fleet.look())).toEqual([`stranded ${id} add a destroy job: done`]);
  });
});

async function dump(redis: typeof fixture.redis): Promise<Record<string, unknown>> {
  const keys = (await redis.keys('*')).sort();
  return Object.fromEntries(
    await Promise.all(
      keys.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString('hex')] as const),
    ),
  );
}
