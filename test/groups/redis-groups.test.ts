/** Groups on a real Redis, with a clock that the test moves. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type GroupConfig, type GroupConfigInput, groupConfigSchema } from '../../src/groups/config.js';
import type { Group, GroupChange, Groups, RoleMemories } from '../../src/groups/groups.js';
import type { GroupHistory } from '../../src/groups/history.js';
import { groupHistoryKey, groupKey, groupMemoryKey } from '../../src/groups/keys.js';
import { createRedisGroups } from '../../src/groups/redis-groups.js';
import { createRedisGroupHistory } from '../../src/groups/redis-history.js';
import { createRedisRoleMemories } from '../../src/groups/redis-memories.js';
import { useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
let groups: Groups;
let history: GroupHistory;
let memories: RoleMemories;

beforeEach(() => {
  const options = { redis: fixture.redis, clock: () => fixture.now };
  groups = createRedisGroups(options);
  history = createRedisGroupHistory(options);
  memories = createRedisRoleMemories(options);
});

const config = (changes: Partial<GroupConfigInput> = {}): GroupConfig =>
  groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: { edge: { max: 10 } }, ...changes });
const kept = (change: GroupChange): Group => {
  if ('refused' in change) throw new Error(change.refused);
  return change.group;
};
const told = async (name = 'media') =>
  (await history.list(name)).entries.map(({ kind, who, message }) => `${kind} by ${who}: ${message}`);

describe('a group', () => {
  it('is kept as it was given, with its revision and its times, and is found by its name', async () => {
    const { changed, group } = (await groups.put(config())) as { changed: boolean; group: Group };
    expect(changed).toBe(true);
    expect(group).toEqual({
      config: config(),
      revision: 1,
      createdAt: fixture.now,
      updatedAt: fixture.now,
    });
    expect(await groups.get('media')).toEqual(group);
    expect(await groups.get('another')).toBeUndefined();
  });

  it('is changed with a new revision; the same again changes nothing, in whatever order it is written', async () => {
    const inputs = { region: 'eu', sizes: [1, 2] };
    const first = kept(await groups.put(config({ inputs })));
    fixture.now += 1_000;
    const turned = config({ inputs: { sizes: [1, 2], region: 'eu' } });
    expect(await groups.put(turned)).toEqual({ group: first, changed: false });
    const second = kept(await groups.put(config({ inputs, roles: { edge: { max: 12 } } })));
    expect(second).toMatchObject({ revision: 2, createdAt: first.createdAt, updatedAt: fixture.now });
    expect(await groups.get('media')).toEqual(second);
  });

  it('is changed only from the revision that is expected', async () => {
    expect(await groups.put(config(), { expected: 1 })).toEqual({ refused: 'unknown-group' });
    const first = kept(await groups.put(config(), { expected: 0 }));
    expect(await groups.put(config(), { expected: 0 })).toEqual({ refused: 'conflict', group: first });
    const second = kept(await groups.put(config({ description: 'second' }), { expected: 1 }));
    expect(await groups.put(config({ description: 'third' }), { expected: 1 })).toEqual({
      refused: 'conflict',
      group: second,
    });
  });

  it('keeps every one of many changes at once, each with a revision of its own', async () => {
    await groups.put(config());
    const many = Array.from({ length: 20 }, (_, n) => groups.put(config({ description: `change ${n}` })));
    const revisions = (await Promise.all(many)).map((change) => kept(change).revision);
    expect([...revisions].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
  });

  it('lets one of two through that expect the same revision', async () => {
    await groups.put(config());
    const both = await Promise.all([
      groups.put(config({ description: 'one' }), { expected: 1 }),
      groups.put(config({ description: 'other' }), { expected: 1 }),
    ]);
    expect(both.filter((change) => 'refused' in change)).toHaveLength(1);
    expect((await groups.get('media'))?.revision).toBe(2);
  });

  it('is paused and resumed, and a wish that says nothing of it leaves it so', async () => {
    expect(await groups.pause('media', true)).toEqual({ refused: 'unknown-group' });
    await groups.put(config());
    expect(kept(await groups.pause('media', true))).toMatchObject({
      revision: 2,
      config: { isScalingPaused: true },
    });
    expect(await groups.pause('media', true)).toMatchObject({ changed: false });
    const { isScalingPaused: _, ...silent } = config({ description: 'again' });
    expect(kept(await groups.put(silent)).config.isScalingPaused).toBe(true);
    expect(kept(await groups.pause('media', false)).config.isScalingPaused).toBe(false);
  });

  it.each([
    [{ ...config(), name: 'a:b' }, {}, 'name: must be'],
    [{ ...config(), roles: {} }, {}, 'roles: must have at least one role'],
    [config(), { expected: -1 }, 'expected:'],
  ])('is refused where it is none %#', async (given, options, message) => {
    await expect(groups.put(given, options)).rejects.toThrow(message);
    expect(await fixture.redis.keys('*')).toEqual([]);
  });
});

describe('the end of a group', () => {
  it('is marked once, and nothing of the group can be changed from then on', async () => {
    expect(await groups.delete('media')).toEqual({ refused: 'unknown-group' });
    await groups.put(config());
    fixture.now += 5;
    const marked = kept(await groups.delete('media'));
    expect(marked).toMatchObject({ revision: 2, deletedAt: fixture.now });
    expect(await groups.delete('media')).toEqual({ group: marked, changed: false });
    const refused = { refused: 'conflict', group: marked };
    expect(await groups.put(config({ description: 'late' }))).toEqual(refused);
    expect(await groups.put(config(), { expected: 2 })).toEqual(refused);
    expect(await groups.pause('media', true)).toEqual(refused);
    expect(await groups.get('media')).toEqual(marked);
  });

  it('removes it only when it is marked, with what scaling remembers; its history stays for a while', async () => {
    expect(await groups.remove('media')).toBe(false);
    await groups.put(config());
    await memories.take('media', 'edge', 0, 'out');
    expect(await groups.remove('media')).toBe(false);
    await groups.delete('media');
    expect(await groups.remove('media')).toBe(true);
    expect(await groups.remove('media')).toBe(false);
    expect(await groups.get('media')).toBeUndefined();
    expect(await groups.list()).toEqual({ groups: [] });
    expect(await fixture.redis.exists(groupKey('media'), groupMemoryKey('media'))).toBe(0);
    expect((await told())[0]).toBe('removed by nodeyard: the last of its nodes is gone');
    expect(await fixture.redis.pttl(groupHistoryKey('media'))).toBeGreaterThan(0);
  });

  it('uses no revision again for a group that is made anew, and goes on with its history', async () => {
    await groups.put(config());
    await groups.delete('media');
    await groups.remove('media');
    expect(kept(await groups.put(config(), { expected: 0 }))).toMatchObject({ revision: 3 });
    expect(await fixture.redis.pttl(groupHistoryKey('media'))).toBe(-1);
    expect((await history.list('media')).entries.map(({ kind }) => kind)).toEqual([
      'created',
      'removed',
      'deleted',
      'created',
    ]);
  });
});

describe('the list of groups', () => {
  it('is in the order of the names, page by page', async () => {
    for (const name of ['b', 'a', 'c10', 'c1', 'B']) await groups.put(config({ name }));
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await groups.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      names.push(...page.groups.map((group) => group.config.name));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['B', 'a', 'b', 'c1', 'c10']);
  });

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: 1_001 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ cursor: '(x' }, 'cursor: must be the cursor of an earlier page'],
    [{ cursor: '' }, 'cursor'],
  ])('refuses a page that cannot be %#', async (page, message) => {
    await expect(groups.list(page)).rejects.toThrow(message);
  });

  it('names a group that cannot be read, and shows the others', async () => {
    await groups.put(config({ name: 'a' }));
    await groups.put(config({ name: 'b' }));
    await fixture.redis.hset(groupKey('a'), 'config', '{"name":"a","roles":{"edge":{"max":-1}}}');
    const page = await groups.list();
    expect(page.groups.map((group) => group.config.name)).toEqual(['b']);
    expect(page.unreadable).toEqual(['a']);
    await expect(groups.get('a')).rejects.toThrow(
      '{nodeyard}:group:a cannot be read: config.roles.edge.max: must be at least 0',
    );
    await expect(groups.put(config({ name: 'a' }))).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
  });
});

describe('the history of a group', () => {
  it('says who changed what, newest first, without the values of inputs', async () => {
    const inputs = { token: 'secret-1', region: 'eu' };
    await groups.put(config({ inputs }), { who: 'nodeyard apply' });
    const roles = { edge: { max: 12, warmUp: '2m', inputs: { token: 'x' } }, origin: { max: 1, min: 1 } };
    await groups.put(config({ inputs: { ...inputs, token: 'secret-2' }, roles }), { who: 'token ci' });
    await groups.pause('media', true, { who: 'token ops', reason: 'the cloud is ill' });
    await groups.put(config({ inputs, isScalingPaused: true }));
    await groups.pause('media', false);
    await groups.delete('media', { who: 'oidc alice' });
    expect(await told()).toEqual([
      'deleted by oidc alice: its end was asked for; its nodes are destroyed',
      'resumed by nodeyard: scaling goes on',
      'changed by nodeyard: inputs.token is another, roles.edge.max 12 → 10, roles.edge.warmUp 2m → 1m, roles.edge.inputs.token is gone, roles.origin max 1 is gone',
      'paused by token ops: scaling is paused: the cloud is ill',
      'changed by token ci: inputs.token is another, roles.edge.inputs.token is new, roles.edge.max 10 → 12, roles.edge.warmUp 1m → 2m, roles.origin.min 1 is new, roles.origin.max 1 is new',
      'created by nodeyard apply: stack local-node is new, inputs.token is new, inputs.region is new, roles.edge.max 10 is new',
    ]);
    expect(JSON.stringify(await history.list('media'))).not.toContain('secret');
  });

  it('takes notes with what a program would read, of groups that there are', async () => {
    const note = {
      kind: 'scaled',
      who: 'autoscaler',
      role: 'edge',
      message: 'asks for 2 more',
      data: { desired: 4, nodes: ['a', 'b'] },
    } as const;
    expect(await history.note('media', note)).toBe(false);
    expect(await fixture.redis.keys('*')).toEqual([]);
    await groups.put(config());
    expect(await history.note('media', note)).toBe(true);
    const [entry] = (await history.list('media')).entries;
    expect(entry).toEqual({ position: entry?.position, at: fixture.now, ...note });
  });

  it('is bounded, read page by page, and not hidden by an entry of another time', async () => {
    await groups.put(config());
    for (let n = 0; n < 3; n += 1)
      await history.note('media', {
        kind: 'noted',
        who: 'w'.repeat(300),
        message: `${n}${'m'.repeat(2_000)}`,
      });
    await fixture.redis.xadd(groupHistoryKey('media'), '*', 'at', '1', 'kind', 'unheard-of');
    const first = await history.list('media', { limit: 3 });
    expect(first.entries.map(({ message, who }) => [message[0], message.length, who.length])).toEqual([
      ['2', 1_000, 200],
      ['1', 1_000, 200],
    ]);
    const { cursor = '' } = first;
    const second = await history.list('media', { limit: 3, cursor });
    expect(second.entries.map(({ kind }) => kind)).toEqual(['noted', 'created']);
    expect(second.cursor).toBeUndefined();
    await fixture.redis.del(groupHistoryKey('media'));
    const pipeline = fixture.redis.pipeline();
    for (let n = 0; n < 1_500; n += 1) pipeline.xadd(groupHistoryKey('media'), '*', 'n', n);
    await pipeline.exec();
    await history.note('media', { kind: 'noted', who: 'x', message: 'y' });
    expect(await fixture.redis.xlen(groupHistoryKey('media'))).toBeLessThan(1_200);
  });

  it.each([
    [{ kind: 'other', who: 'x', message: '' }, 'kind'],
    [{ kind: 'noted', who: '', message: '' }, 'who'],
    [{ kind: 'noted', who: 'x', message: '', data: 'x'.repeat(5_000) }, 'data: must be at most 4096 bytes'],
  ])('refuses a note that is none %#', async (note, message) => {
    await groups.put(config());
    await expect(history.note('media', note as never)).rejects.toThrow(message);
  });

  it.each([{ limit: 0 }, { cursor: 'x' }])('refuses a page that cannot be %#', async (page) => {
    await expect(history.list('media', page)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('what scaling remembers of a role', () => {
  it('begins with nothing, and each step is taken once', async () => {
    await groups.put(config());
    expect(await memories.get('media', 'edge')).toEqual({ step: 0 });
    const taken = await Promise.all(
      Array.from({ length: 5 }, () => memories.take('media', 'edge', 0, 'out')),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    const grewAt = fixture.now;
    fixture.now += 7;
    expect(await memories.take('media', 'edge', 0, 'in')).toBe(false);
    expect(await memories.take('media', 'edge', 1, 'in')).toBe(true);
    expect(await memories.get('media', 'edge')).toEqual({ step: 2, grewAt, shrankAt: fixture.now });
    expect(await memories.get('media', 'origin')).toEqual({ step: 0 });
  });

  it('takes no step of a group that is not there', async () => {
    expect(await memories.take('media', 'edge', 0, 'out')).toBe(false);
    expect(await fixture.redis.keys('*')).toEqual([]);
  });
});
