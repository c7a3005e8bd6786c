import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodeKey } from '../../src/node/keys.js';
import { stateKey } from '../../src/state/keys.js';
import type { StateRepository, StoredState } from '../../src/state/repository.js';
import { bytesOf, stateText, stateWith, textOf } from './support/documents.js';
import { openRepositoryLab, type RepositoryLab } from './support/repository.js';

let lab: RepositoryLab;
let repository: StateRepository;
beforeAll(async () => {
  lab = await openRepositoryLab();
  repository = lab.repository;
});
afterAll(() => lab.close());
beforeEach(async () => {
  await lab.redis.flushall();
});

const a = stateWith('a');
const ab = stateWith('a', 'b');
const empty = stateWith();
const save = (epoch: number, sequence: number, document: Uint8Array) =>
  repository.save('n', { epoch, sequence, document });
const textIn = (stored: StoredState | undefined): string => textOf(stored?.document);

describe('saving', () => {
  test('a write of the node’s epoch is canonical and comes back byte by byte', async () => {
    await lab.node('n', { epoch: 1 });
    const odd = bytesOf(
      stateText([
        { name: 'a', instances: [{ attributes: '{"id":"ü","n":12345678901234567891,"e":1e400}' }] },
      ]),
    );
    expect(await save(1, 1, odd)).toBe('canonical');
    const loaded = await repository.load('n');
    expect(Buffer.compare(loaded?.document as Uint8Array, odd)).toBe(0);
    expect(loaded).toMatchObject({ nodeId: 'n', epoch: 1, bytes: odd.byteLength, resources: 1 });
  });

  test('what is kept beside a state is told without the document', async () => {
    expect(await repository.summary('n')).toBeUndefined();
    await lab.node('n', { epoch: 1 });
    await save(1, 1, a);
    const { document: _, ...summary } = (await repository.load('n')) ?? { document: undefined };
    expect(await repository.summary('n')).toEqual(summary);
    expect(summary).toMatchObject({ nodeId: 'n', epoch: 1 });
  });

  test('a node without a state has none', async () => {
    expect(await repository.load('n')).toBeUndefined();
  });

  test('a stale epoch changes nothing of the canonical state and is quarantined', async () => {
    await lab.node('n', { epoch: 2 });
    await save(2, 1, a);
    expect(await save(1, 9, ab)).toBe('quarantined');
    expect(textIn(await repository.load('n'))).toBe(textOf(a));
    expect(textIn(await repository.loadQuarantined('n', 1))).toBe(textOf(ab));
  });

  test('a write for a node that nobody knows any more is quarantined', async () => {
    expect(await save(1, 1, a)).toBe('quarantined');
    expect(await repository.load('n')).toBeUndefined();
    expect(textIn(await repository.loadQuarantined('n', 1))).toBe(textOf(a));
  });

  test('an epoch that the node has not reached is quarantined: Redis lost its begin, and what it made is real', async () => {
    await lab.node('n', { epoch: 1 });
    expect(await save(2, 1, a)).toBe('quarantined');
    expect(await repository.load('n')).toBeUndefined();
    expect(textIn(await repository.loadQuarantined('n', 2))).toBe(textOf(a));
  });

  test('a late, older save of the same epoch is superseded', async () => {
    await lab.node('n', { epoch: 1 });
    await save(1, 5, ab);
    expect(await save(1, 4, a)).toBe('superseded');
    expect(textIn(await repository.load('n'))).toBe(textOf(ab));
  });

  test('the same save twice is one: an answer may get lost on the way', async () => {
    await lab.node('n', { epoch: 1 });
    expect([await save(1, 1, a), await save(1, 1, a)]).toEqual(['canonical', 'canonical']);
    expect(await repository.versions('n')).toEqual([]);
  });

  test('of one stale run only the newest document is quarantined', async () => {
    await lab.node('n', { epoch: 2 });
    await save(1, 1, a);
    await save(1, 3, ab);
    expect(await save(1, 2, empty)).toBe('superseded');
    expect(await repository.quarantined('n')).toHaveLength(1);
    expect(textIn(await repository.loadQuarantined('n', 1))).toBe(textOf(ab));
  });

  test('a recovery’s sequence is above every other and survives the way through Lua', async () => {
    await lab.node('n', { epoch: 1 });
    await save(1, Number.MAX_SAFE_INTEGER, ab);
    expect(await save(1, Number.MAX_SAFE_INTEGER - 1, a)).toBe('superseded');
    expect(await save(1, Number.MAX_SAFE_INTEGER, ab)).toBe('canonical');
  });

  test('what is no state document is refused', async () => {
    await lab.node('n', { epoch: 1 });
    await expect(save(1, 1, bytesOf('{"version":3}'))).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
    await expect(save(1, 1, a.subarray(0, 50))).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });

  test('a late empty state of a destroyed node does not come back, one that holds something does', async () => {
    await lab.node('n', { epoch: 1, state: 'DESTROYED' });
    expect(await save(1, 1, empty)).toBe('superseded');
    expect(await lab.keys()).toEqual([]);
    expect(await save(1, 2, a)).toBe('canonical');
  });
});

describe('versions', () => {
  test('the last document of each earlier run is kept, the newest first, up to the limit', async () => {
    for (let epoch = 1; epoch <= 5; epoch += 1) {
      await lab.node('n', { epoch });
      await save(epoch, 1, empty);
      await save(epoch, 2, stateWith(`r${epoch}`));
    }
    expect((await repository.versions('n')).map(({ epoch, resources }) => [epoch, resources])).toEqual([
      [4, 1],
      [3, 1],
      [2, 1],
    ]);
    expect(textIn(await repository.loadVersion('n', 3))).toBe(textOf(stateWith('r3')));
    expect(await repository.loadVersion('n', 1)).toBeUndefined();
  });

  test('epochs are compared as numbers', async () => {
    for (const epoch of [9, 10, 100]) {
      await lab.node('n', { epoch });
      await lab.open({ keptVersions: 1 }).save('n', { epoch, sequence: 1, document: a });
    }
    expect((await repository.versions('n')).map(({ epoch }) => epoch)).toEqual([10]);
  });

  test('none are kept where none are asked for', async () => {
    for (const epoch of [1, 2]) {
      await lab.node('n', { epoch });
      await lab.open({ keptVersions: 0 }).save('n', { epoch, sequence: 1, document: a });
    }
    expect(await lab.keys()).toEqual(['state:n', 'states']);
  });
});

describe('quarantine', () => {
  test('everything is listed, of one node by epoch, of all by time', async () => {
    await lab.node('n', { epoch: 9 });
    await lab.node('m', { epoch: 9 });
    await save(3, 1, a);
    await repository.save('m', { epoch: 1, sequence: 1, document: ab });
    await save(2, 1, a);
    const places = (list: readonly { nodeId: string; epoch: number }[]) =>
      list.map((s) => [s.nodeId, s.epoch]);
    expect(places(await repository.quarantined())).toEqual([
      ['n', 3],
      ['m', 1],
      ['n', 2],
    ]);
    expect(places(await repository.quarantined('n'))).toEqual([
      ['n', 2],
      ['n', 3],
    ]);
  });

  test('of all, only the oldest are listed where a limit is given', async () => {
    await lab.node('n', { epoch: 9 });
    for (const epoch of [3, 1, 2]) await save(epoch, 1, a);
    const all = await repository.quarantined();
    expect(all).toHaveLength(3);
    expect(await repository.quarantined(undefined, 2)).toEqual(all.slice(0, 2));
    await expect(repository.quarantined(undefined, 0)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('a closed entry is gone and leaves no key', async () => {
    await save(1, 1, a);
    expect(await repository.closeQuarantine('n', 1)).toBe(true);
    expect(await repository.closeQuarantine('n', 1)).toBe(false);
    expect(await lab.keys()).toEqual([]);
  });

  test('an entry that was replaced since it was looked at is not closed', async () => {
    await save(1, 1, a);
    const seen = await repository.loadQuarantined('n', 1);
    await save(1, 2, ab);
    expect(await repository.closeQuarantine('n', 1, seen?.sha256)).toBe(false);
    const now = await repository.loadQuarantined('n', 1);
    expect(await repository.closeQuarantine('n', 1, now?.sha256)).toBe(true);
  });
});

describe('an import', () => {
  test('takes the place of the canonical document, which is kept as a version', async () => {
    await lab.node('n', { epoch: 1, state: 'FAILED' });
    await save(1, 1, a);
    expect(await repository.replace('n', ab)).toMatchObject({ nodeId: 'n', epoch: 1, resources: 2 });
    expect(textIn(await repository.load('n'))).toBe(textOf(ab));
    expect(textIn(await repository.loadVersion('n', 1))).toBe(textOf(a));
  });

  test('is not written over by what the run before it still brings', async () => {
    await lab.node('n', { epoch: 1 });
    await save(1, 1, a);
    await repository.replace('n', empty);
    expect(await save(1, 2, ab)).toBe('quarantined');
    expect(textIn(await repository.load('n'))).toBe(textOf(empty));
    await lab.node('n', { epoch: 2 });
    expect(await save(2, 1, ab)).toBe('canonical');
    expect(textIn(await repository.loadVersion('n', 1))).toBe(textOf(a));
  });

  test('works for a node that no run has touched yet', async () => {
    await lab.node('n', { state: 'REQUESTED' });
    expect(await repository.replace('n', a)).toMatchObject({ epoch: 0 });
    expect(textIn(await repository.load('n'))).toBe(textOf(a));
  });

  test('is refused while a lease is alive, by the clock of Redis', async () => {
    const soon = Date.now() + 60_000;
    await lab.node('n', { epoch: 1, leaseHolder: 'w', leaseExpiresAt: soon });
    await expect(repository.replace('n', a)).rejects.toMatchObject({ code: 'LEASE_HELD' });
    await lab.node('n', { leaseExpiresAt: Date.now() - 60_000 });
    await expect(repository.replace('n', a)).resolves.toMatchObject({ epoch: 1 });
    await lab.node('n', { leaseHolder: '', leaseExpiresAt: soon });
    await expect(repository.replace('n', a)).resolves.toMatchObject({ epoch: 1 });
  });

  test.each([
    ['a node that nobody knows', undefined, 'UNKNOWN_NODE'],
    ['a destroyed node, whose state no run would own', { epoch: 1, state: 'DESTROYED' }, 'WRONG_STATE'],
  ] as const)('is refused for %s', async (_name, fields, code) => {
    if (fields !== undefined) await lab.node('n', fields);
    await expect(repository.replace('n', a)).rejects.toMatchObject({ code });
    expect(await lab.keys()).toEqual([]);
  });

  test('must be a state document', async () => {
    await lab.node('n', { epoch: 1 });
    await expect(repository.replace('n', bytesOf('{}'))).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });
});

describe('removing', () => {
  test('ends document, versions and configuration and leaves no key', async () => {
    for (const epoch of [1, 2]) {
      await lab.node('n', { epoch });
      await save(epoch, 1, empty);
      await repository.saveConfiguration('n', epoch, '{}');
    }
    expect(await repository.remove('n', 1)).toBe(false);
    expect(await repository.load('n')).toBeDefined();
    expect(await repository.remove('n', 2)).toBe(true);
    expect(await lab.keys()).toEqual([]);
  });

  test('is refused while the state holds a resource', async () => {
    await lab.node('n', { epoch: 1 });
    await save(1, 1, a);
    await expect(repository.remove('n', 1)).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    expect(textIn(await repository.load('n'))).toBe(textOf(a));
  });

  test('leaves what is quarantined', async () => {
    await lab.node('n', { epoch: 2 });
    await save(1, 1, a);
    await save(2, 1, empty);
    await repository.remove('n', 2);
    expect(await repository.quarantined('n')).toHaveLength(1);
  });
});

describe('the configuration', () => {
  test('is kept for the current epoch and refused for a stale one', async () => {
    await lab.node('n', { epoch: 2 });
    const text = '{"resource": {"ü": "${x}"}}';
    expect(await repository.saveConfiguration('n', 2, text)).toBe(true);
    expect(await repository.saveConfiguration('n', 1, '{}')).toBe(false);
    expect(await repository.loadConfiguration('n')).toBe(text);
    await expect(repository.saveConfiguration('n', 3, '{}')).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  test('of an unknown node is absent and is not stored', async () => {
    expect(await repository.saveConfiguration('n', 1, '{}')).toBe(false);
    expect(await repository.loadConfiguration('n')).toBeUndefined();
  });
});

describe('listing', () => {
  test('goes through all canonical states in order, page by page, without the others', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `node-${String(index).padStart(2, '0')}`);
    for (const id of [...ids].reverse()) {
      await lab.node(id, { epoch: 1 });
      await repository.save(id, { epoch: 1, sequence: 1, document: a });
    }
    await repository.save('stray', { epoch: 1, sequence: 1, document: a });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await repository.list({ limit: 10, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.states.map((state) => state.nodeId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids);
  });

  test('of nothing is empty', async () => {
    expect(await repository.list()).toEqual({ states: [] });
  });

  test.each([{ limit: 0 }, { limit: 1_001 }, { cursor: '[x' }])('with %j is refused', async (page) => {
    await expect(repository.list(page)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('encryption', () => {
  test('keeps documents and configurations from readers of Redis, also as version and in quarantine', async () => {
    const encrypted = lab.open({ keys: [randomBytes(32)] });
    for (const epoch of [2, 3]) {
      await lab.node('n', { epoch });
      await encrypted.save('n', { epoch, sequence: 1, document: ab });
    }
    await encrypted.save('n', { epoch: 1, sequence: 1, document: ab });
    await encrypted.saveConfiguration('n', 3, '{"secret":1}');
    const read = [
      () => encrypted.load('n'),
      () => encrypted.loadVersion('n', 2),
      () => encrypted.loadQuarantined('n', 1),
    ];
    for (const load of read) expect(textIn(await load())).toBe(textOf(ab));
    expect(await encrypted.loadConfiguration('n')).toBe('{"secret":1}');
    await expect(repository.load('n')).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
    await expect(repository.loadVersion('n', 2)).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
    await expect(repository.loadQuarantined('n', 1)).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
    await expect(repository.loadConfiguration('n')).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });

  test('a document cannot be put in the place of another node’s', async () => {
    const encrypted = lab.open({ keys: [randomBytes(32)] });
    for (const id of ['n', 'm']) {
      await lab.node(id, { epoch: 1 });
      await encrypted.save(id, { epoch: 1, sequence: 1, document: a });
    }
    await lab.redis.copy(stateKey('m'), stateKey('n'), 'REPLACE');
    await expect(encrypted.load('n')).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });
});

describe('what is wrong in Redis or in the question', () => {
  test.each(['', '../n', 'a:b', 'a{b}', 'n\n', '*', 'x'.repeat(64)])('%j is no node id', async (id) => {
    const asks = [
      () => repository.load(id),
      () => repository.save(id, { epoch: 1, sequence: 1, document: a }),
      () => repository.versions(id),
      () => repository.loadVersion(id, 1),
      () => repository.quarantined(id),
      () => repository.loadQuarantined(id, 1),
      () => repository.closeQuarantine(id, 1),
      () => repository.replace(id, a),
      () => repository.remove(id, 1),
      () => repository.saveConfiguration(id, 1, '{}'),
      () => repository.loadConfiguration(id),
    ];
    for (const ask of asks) {
      await expect(ask()).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'nodeId' });
    }
  });

  test.each([
    [0, 1, 'epoch'],
    [1.5, 1, 'epoch'],
    [Number.NaN, 1, 'epoch'],
    [1, -1, 'sequence'],
  ])('epoch %d with sequence %d is refused', async (epoch, sequence, field) => {
    await expect(save(epoch, sequence, a)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
  });

  test('a stored document that was exchanged is noticed, also without a key', async () => {
    for (const [id, document] of [
      ['n', a],
      ['m', ab],
    ] as const) {
      await lab.node(id, { epoch: 1 });
      await repository.save(id, { epoch: 1, sequence: 1, document });
    }
    const foreign = await lab.redis.hgetBuffer(stateKey('m'), 'document');
    await lab.redis.hset(stateKey('n'), 'document', foreign as Buffer);
    await expect(repository.load('n')).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });

  test('a summary that nodeyard did not write, and a key of another type, are said to be unreadable', async () => {
    await lab.node('n', { epoch: 1 });
    await save(1, 1, a);
    await lab.redis.hset(stateKey('n'), 'summary', '{"epoch":"x"}');
    await expect(repository.load('n')).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
    await lab.redis.set(stateKey('m'), 'text');
    await expect(repository.load('m')).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
  });

  test('the store’s record is only read', async () => {
    await lab.node('n', { epoch: 1, state: 'CREATING', leaseHolder: 'w' });
    const before = await lab.redis.hgetall(nodeKey('n'));
    await save(1, 1, empty);
    await repository.saveConfiguration('n', 1, '{}');
    await repository.remove('n', 1);
    expect(await lab.redis.hgetall(nodeKey('n'))).toEqual(before);
  });
});
