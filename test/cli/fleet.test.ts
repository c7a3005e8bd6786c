/** The port of the commands: one contract for the fleet on Redis and for that behind an API. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fleet, FleetRun, Said } from '../../src/cli/fleet/fleet.js';
import { localFleet } from '../../src/cli/fleet/local-fleet.js';
import { remoteFleet } from '../../src/cli/fleet/remote-fleet.js';
import { found } from '../../src/groups/accepted.js';
import { groupConfigSchema, groupWishSchema } from '../../src/groups/config.js';
import type { NodeEvent } from '../../src/node/record.js';
import { archiveLogs } from '../../src/operations/archive.js';
import { currentOwner } from '../../src/state/owner.js';
import { createRunDirectory } from '../../src/state/run-directory.js';
import { YardApi } from '../http/yard-api.js';
import { nodeAt, nodeRequest } from '../store/support.js';
import { FLEETS } from './both-fleets.js';

const PATIENCE = { timeout: 30_000 };
const document = (marker: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      version: 4,
      terraform_version: '1.11.4',
      serial: 7,
      lineage: 'line',
      outputs: {},
      resources: [
        {
          mode: 'managed',
          type: 'terraform_data',
          name: 'a',
          provider: 'provider["terraform.io/builtin/terraform"]',
          instances: [{ schema_version: 0, attributes: { id: marker } }],
        },
      ],
    }),
  );

let yard: YardApi;
let fleet: Fleet;
beforeEach(async () => {
  yard = await YardApi.open();
});
afterEach(async () => {
  await fleet.close();
  await yard.close();
});

describe.each(FLEETS)('the fleet on %s', (kind) => {
  beforeEach(() => {
    fleet =
      kind === 'Redis'
        ? localFleet(yard.app)
        : remoteFleet({ url: yard.api.url, token: yard.tokens.admin, allowPlainHttp: false });
  });
  const NODE = { group: 'g', role: 'r', stack: 'local-node', inputs: {} };
  const codeOf = (error: unknown) => (error as { code?: string }).code;
  const callOf = (call: 'get' | 'details' | 'destroy' | 'retry', id: string) =>
    call === 'destroy' ? fleet.nodes.destroy(id, { force: false }) : fleet.nodes[call](id);

  test('makes nodes and says what became of each request, in their order', async () => {
    const [one] = await fleet.nodes.request([{ ...NODE, id: 'n1' }]);
    expect(one).toMatchObject({ created: true, node: { id: 'n1', state: 'REQUESTED' } });
    const several = await fleet.nodes.request([
      { ...NODE, requestId: 'key-1' },
      { ...NODE, id: 'n1', role: 'other' },
      { ...NODE, id: 'n1' },
      NODE,
    ]);
    expect(several).toMatchObject([
      { created: true, node: { requestId: 'key-1' } },
      { error: { code: 'REQUEST_CONFLICT', field: 'id' } },
      { created: false, node: { id: 'n1' } },
      { created: true, node: { id: expect.stringMatching(/^[a-z][a-z0-9]{9}$/) } },
    ]);
    expect(several[3]).not.toHaveProperty('node.requestId', expect.anything());
    const [conflict] = await fleet.nodes.request([{ ...NODE, id: 'n1', role: 'other' }]);
    expect(conflict).toMatchObject({ error: { code: 'REQUEST_CONFLICT', field: 'id' } });
  });

  test('destroys what scaling decides about by force alone, and knows how crowded a role is', async () => {
    await yard.app.groups.put(
      groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: { edge: { max: 1 } } }),
    );
    const of = { group: 'media', role: 'edge' };
    expect(await fleet.crowd('media', 'edge')).toEqual({ nodes: 0, max: 1 });
    await nodeAt(yard.app.store, 'CREATED', { id: 'c1', ...of });
    await nodeAt(yard.app.store, 'FAILED create', of);
    await nodeAt(yard.app.store, 'DESTROYED', of);
    expect(await fleet.crowd('media', 'edge')).toEqual({ nodes: 1, max: 1 });
    expect([await fleet.crowd('media', 'toString'), await fleet.crowd('none', 'edge')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(await fleet.nodes.destroy('c1', { force: false }).catch(codeOf)).toBe('ROLE_IS_AUTO');
    expect(await fleet.nodes.destroy('c1', { force: true })).toMatchObject({
      state: 'DESTRUCTION_REQUESTED',
    });
  });

  test('lists nodes of every state where none is named, page by page', async () => {
    const gone = await nodeAt(yard.app.store, 'DESTROYED', { id: 'gone' });
    const live = await nodeAt(yard.app.store, 'CREATED', { id: 'live', group: 'media' });
    const first = await fleet.nodes.list({}, { limit: 1 });
    expect(first.nodes).toEqual([gone]);
    const second = await fleet.nodes.list({}, { limit: 1, cursor: first.cursor ?? '' });
    expect(second.nodes).toEqual([live]);
    expect((await fleet.nodes.list({ state: 'CREATED', group: 'media' })).nodes).toEqual([live]);
    expect((await fleet.nodes.list({ state: ['CREATED'], role: 'none' })).nodes).toEqual([]);
    expect(await fleet.nodes.counts()).toMatchObject({ CREATED: 1, DESTROYED: 1, FAILED: 0 });
  });

  test('knows everything of a node, and nothing of what is none', async () => {
    const failed = await nodeAt(yard.app.store, 'FAILED create', { id: 'f1' });
    expect(await fleet.nodes.get('f1')).toEqual(failed);
    const { node, heard, history } = await fleet.nodes.details('f1');
    expect([node, heard]).toEqual([failed, undefined]);
    expect(history).toEqual(await yard.app.store.history('f1'));
    expect(await fleet.nodes.get('nobody')).toBeUndefined();
    for (const call of ['details', 'destroy', 'retry'] as const) {
      expect(await callOf(call, 'nobody').catch(codeOf), call).toBe('UNKNOWN_NODE');
    }
    for (const id of ['no id', '../f1', '', '..']) {
      for (const call of ['get', 'details', 'destroy', 'retry'] as const) {
        const refused = callOf(call, id);
        await expect(refused, `${call} ${id}`).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'id' });
      }
    }
  });

  test('destroys, retries and refuses by the state of the node', async () => {
    await nodeAt(yard.app.store, 'FAILED create', { id: 'f1' });
    expect(await fleet.nodes.retry('f1')).toMatchObject({ state: 'FAILED', retryRequested: true });
    await nodeAt(yard.app.store, 'CREATED', { id: 'c1' });
    expect(await fleet.nodes.retry('c1').catch(codeOf)).toBe('WRONG_STATE');
    expect(await fleet.nodes.destroy('c1', { force: false })).toMatchObject({
      state: 'DESTRUCTION_REQUESTED',
    });
    expect(await fleet.nodes.destroy('c1', { force: false })).toMatchObject({
      state: 'DESTRUCTION_REQUESTED',
    });
    const last = (await yard.app.store.history('c1')).at(-1);
    expect(last).toMatchObject({ actor: 'operator', reason: expect.stringContaining('nodeyard destroy') });
  });

  test('moves a node as operators may, from the states that were named', async () => {
    await nodeAt(yard.app.store, 'INSERVICE', { id: 'i1' });
    const none = { to: 'SOFT_SUNSET', expected: ['CREATED', 'FAILED'] } as const;
    expect(await fleet.nodes.move('i1', none).catch(codeOf)).toBe('WRONG_STATE');
    const wish = {
      to: 'SOFT_SUNSET',
      expected: Array.from({ length: 30 }, () => 'INSERVICE' as const),
    } as const;
    expect(await fleet.nodes.move('i1', { ...wish, reason: `nodeyard move: ${'why'.repeat(400)}` })).toEqual({
      node: await yard.app.store.get('i1'),
      changed: true,
    });
    expect(await fleet.nodes.move('i1', wish)).toMatchObject({
      node: { state: 'SOFT_SUNSET' },
      changed: false,
    });
    expect((await yard.app.store.history('i1')).at(-1)).toMatchObject({
      actor: 'operator',
      reason: expect.stringContaining('nodeyard move: why'),
    });
    for (const to of ['CREATED', 'REQUESTED'] as const) {
      const message = `to: ${to} is no state that an operator can ask for`;
      const refused = fleet.nodes.move('i1', { to });
      await expect(refused, to).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'to', message });
    }
    expect(await fleet.nodes.move('nobody', { to: 'FAILED' }).catch(codeOf)).toBe('UNKNOWN_NODE');
    expect(await fleet.nodes.move('..', { to: 'FAILED' }).catch(codeOf)).toBe('INVALID_INPUT');
  });

  test('shows groups with their nodes, pauses and resumes them, and ends them', async () => {
    const { groups, store } = yard.app;
    for (const name of ['a', 'media'])
      await groups.put(
        groupConfigSchema.parse({ name, stack: 'local-node', roles: { edge: { max: 3, ttl: 60 } } }),
      );
    await nodeAt(store, 'INSERVICE', { group: 'media', role: 'edge' });
    await nodeAt(store, 'CREATED', { group: 'media', role: 'old' });
    await nodeAt(store, 'DESTROYED', { group: 'media', role: 'edge' });
    const first = await fleet.groups.list({ limit: 1 });
    expect(first).toEqual({ groups: [await groups.get('a')], cursor: 'a' });
    const second = await fleet.groups.list({ limit: 1, cursor: 'a' });
    expect(second).toEqual({ groups: [await groups.get('media')] });
    expect(await fleet.groups.get('media')).toEqual({
      group: await groups.get('media'),
      nodes: { roles: { edge: { INSERVICE: 1 } }, all: { INSERVICE: 1, CREATED: 1 } },
    });
    expect([await fleet.groups.size('media'), await fleet.groups.size('none')]).toEqual([2, 0]);

    const paused = await fleet.groups.pause('media', true, 'noon');
    expect(paused).toEqual({ group: await groups.get('media'), changed: true });
    expect(paused.group.config.isScalingPaused).toBe(true);
    expect(await fleet.groups.pause('media', true, undefined)).toMatchObject({ changed: false });
    const long = await fleet.groups.pause('media', false, 'why'.repeat(400));
    expect(long).toMatchObject({ changed: true, group: { config: { isScalingPaused: false } } });
    const { entries, cursor = '' } = await fleet.groups.history('media', { limit: 2 });
    expect(entries).toMatchObject([{ kind: 'resumed' }, { message: 'scaling is paused: noon' }]);
    expect(await fleet.groups.history('media', { limit: 2, cursor })).toMatchObject({
      entries: [{ kind: 'created' }],
    });

    const ended = await fleet.groups.delete('media');
    expect(ended).toEqual({ group: await groups.get('media'), changed: true });
    expect(await fleet.groups.delete('media')).toMatchObject({ changed: false });
    expect(await fleet.groups.pause('media', true, undefined).catch(codeOf)).toBe('GROUP_CONFLICT');
    await groups.remove('media');
    expect(await fleet.groups.get('media')).toBeUndefined();
    expect((await fleet.groups.history('media', { limit: 1 })).entries).toMatchObject([{ kind: 'removed' }]);
  });

  test('configures a group where it is what it was thought to be', async () => {
    const written = {
      name: 'media',
      description: 'for all',
      stack: 'local-node',
      roles: { edge: { max: 4, warmUp: '90s', ttl: 3_600, outExpression: 'avg(connections) > 9' } },
    };
    const wish = groupWishSchema.parse(written);
    const put = await fleet.groups.put(wish, 0);
    expect(put).toEqual({ group: await yard.app.groups.get('media'), changed: true });
    expect(put.group.config).toEqual(groupConfigSchema.parse(written));
    expect(await fleet.groups.put(wish, 1)).toEqual({ group: put.group, changed: false });
    const more = { ...wish, description: 'for some', isScalingPaused: true };
    expect(await fleet.groups.put(more, 0).catch(codeOf)).toBe('GROUP_CONFLICT');
    expect(await fleet.groups.put(more, 2).catch(codeOf)).toBe('GROUP_CONFLICT');
    expect(await fleet.groups.put({ ...more, name: 'none' }, 1).catch(codeOf)).toBe('UNKNOWN_GROUP');
    expect(await fleet.groups.put(more, 1)).toMatchObject({ changed: true, group: { revision: 2 } });
  });

  test('tells why a group has its size, and which nodes serve next', async () => {
    const { groups, heartbeats, store } = yard.app;
    await groups.put(
      groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: { edge: { min: 1, max: 3 } } }),
    );
    for (const [id, connections] of Object.entries({ busy: 20, idle: 10 })) {
      await nodeAt(store, 'INSERVICE', { id, group: 'media', role: 'edge' });
      await heartbeats.beat(id, { load: { connections }, silenceMs: 60_000 });
    }
    await nodeAt(store, 'CREATED', { group: 'media', role: 'old' });
    expect(await fleet.groups.explain('media')).toMatchObject({
      ...{ group: 'media', revision: 1, scaling: 'on', at: expect.any(Number) },
      roles: [{ role: 'edge', size: 2, nodes: { serving: 2 } }],
      foreign: [{ role: 'old', nodes: 1 }],
    });
    expect(await fleet.groups.route('media', 'edge', 2)).toMatchObject({
      ...{ group: 'media', role: 'edge' },
      nodes: [
        { id: 'idle', ranking: 10, load: { connections: 10 }, isSilent: false },
        { id: 'busy', ranking: 20, heardAt: expect.any(Number) },
      ],
    });
    expect((await fleet.groups.route('media', 'edge', 1)).nodes).toHaveLength(1);
    const refused = fleet.groups.route('media', 'none', 1);
    await expect(refused).rejects.toMatchObject({ code: 'UNKNOWN_GROUP', field: 'role' });
  });

  test('has no group of a name that none has, and none of a name that none may have', async () => {
    const calls: Record<string, (name: string) => Promise<unknown>> = {
      get: (name) => fleet.groups.get(name).then((group) => found(name, group)),
      pause: (name) => fleet.groups.pause(name, true, undefined),
      resume: (name) => fleet.groups.pause(name, false, undefined),
      delete: (name) => fleet.groups.delete(name),
      history: (name) => fleet.groups.history(name, { limit: 1 }),
      explain: (name) => fleet.groups.explain(name),
      route: (name) => fleet.groups.route(name, 'edge', 1),
    };
    for (const [which, call] of Object.entries(calls)) {
      const none = call('none');
      await expect(none, which).rejects.toMatchObject({ code: 'UNKNOWN_GROUP' });
      for (const name of ['no group', '..', ''])
        await expect(call(name), `${which} ${name}`).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          field: 'group',
        });
    }
  });

  test('waits for a node, in time or not', async () => {
    const { node } = await yard.app.store.create(nodeRequest(), { actor: 'producer' });
    const late = fleet.nodes.waitFor(node.id, ['CREATED'], { timeoutMs: 20 });
    expect(await late.catch(codeOf)).toBe('TIMED_OUT');
    const waiting = fleet.nodes.waitFor(node.id, ['DESTRUCTION_REQUESTED']);
    await yard.app.client.requestDestruction(node.id);
    expect(await waiting).toMatchObject({ state: 'DESTRUCTION_REQUESTED' });
    const end = new AbortController();
    const waited = fleet.nodes.waitFor(node.id, ['CREATED'], { signal: end.signal });
    end.abort(new Error('enough'));
    await expect(waited).rejects.toThrow('enough');
  });

  test('makes hundreds, and waits for all of them', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `n${index}`);
    // Together more than one body may hold.
    const labels = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`l${index}`, 'w'.repeat(256)]),
    );
    const answers = await fleet.nodes.request(ids.map((id) => ({ ...NODE, id, labels })));
    expect(answers.map((answer) => 'node' in answer && answer.node.id)).toEqual(ids);
    const waiting = ids.map((id) => fleet.nodes.waitFor(id, ['DESTRUCTION_REQUESTED']));
    for (const id of ids) await yard.app.client.requestDestruction(id);
    for (const { state } of await Promise.all(waiting)) expect(state).toBe('DESTRUCTION_REQUESTED');
  });

  test('tells what happens, from now on or from a position on, until it is enough', async () => {
    const { node } = await yard.app.store.create(nodeRequest(), { actor: 'producer' });
    const end = new AbortController();
    const watching = { signal: end.signal, onNote: () => undefined };
    const fresh = await fleet.events.watch({ ...watching, after: undefined });
    await yard.app.client.requestDestruction(node.id);
    const events = await yard.app.store.history(node.id);
    for await (const event of fresh) {
      expect(event).toEqual(events[1]);
      break;
    }
    const heard: NodeEvent[] = [];
    for await (const event of await fleet.events.watch({ ...watching, after: '0' })) {
      heard.push(event);
      if (heard.length === 2) end.abort();
    }
    expect(heard).toEqual(events);
  });

  test('tells listeners until they leave', async () => {
    const heard: NodeEvent[] = [];
    const leave = fleet.events.subscribe((event) => void heard.push(event));
    await expect
      .poll(async () => {
        await yard.app.store.create(nodeRequest(), { actor: 'producer' });
        return heard.length;
      }, PATIENCE)
      .toBeGreaterThan(0);
    leave();
  });

  test('tells nodes to do something, and what became of it', async () => {
    await nodeAt(yard.app.store, 'CREATED', { id: 'c1' });
    const asked = await fleet.commands.ask('c1', { name: 'Drain', payload: { streams: 2 }, ttlMs: 60_000 });
    expect(asked).toMatchObject({ name: 'Drain', payload: { streams: 2 }, deliveries: 0 });
    expect(asked.expiresAt - asked.askedAt).toBe(60_000);
    const usual = await fleet.commands.ask('c1', { name: 'Look' });
    expect(usual.expiresAt - usual.askedAt).toBe(yard.yard.config.commands.expiryMs);
    expect(await fleet.commands.list('c1')).toEqual([asked, usual]);
    expect(await fleet.commands.list('nobody').catch(codeOf)).toBe('UNKNOWN_NODE');
    expect(await fleet.commands.ask('c1', { name: 'no word' }).catch(codeOf)).toBe('INVALID_INPUT');
  });

  test('shows states, and gives them out byte for byte', async () => {
    const { store, states } = yard.app;
    const begin = async (id: string): Promise<number> => {
      const holder = `run-${Math.random()}`;
      const begun = await store.begin(id, { operation: 'create', holder, leaseMs: 60_000 });
      if ('refused' in begun) throw new Error(begun.refused);
      await store.release(id, { epoch: begun.epoch, holder });
      return begun.epoch;
    };
    const { node } = await store.create(nodeRequest({ id: 'n1' }), { actor: 'producer' });
    const first = await begin(node.id);
    await states.save('n1', { epoch: first, sequence: 1, document: document('first') });
    const second = await begin(node.id);
    await states.save('n1', { epoch: second, sequence: 1, document: document('second') });
    await states.save('n1', { epoch: first, sequence: 2, document: document('late') });

    expect(await fleet.states.list({ limit: 5 })).toMatchObject({
      states: [{ nodeId: 'n1', epoch: second }],
    });
    expect(await fleet.states.versions('n1')).toMatchObject([{ epoch: first }]);
    for (const quarantined of [await fleet.states.quarantined(), await fleet.states.quarantined('n1')]) {
      expect(quarantined).toMatchObject([{ nodeId: 'n1', epoch: first }]);
    }
    const PLACES = [
      ['canonical', 'second'],
      [`version-${first}`, 'first'],
      [`version-${second}`, 'second'],
      [`quarantined-${first}`, 'late'],
    ] as const;
    for (const [place, marker] of PLACES) {
      const loaded = await fleet.states.load('n1', place);
      expect(Buffer.from(loaded?.document ?? []).equals(document(marker)), place).toBe(true);
      expect(await fleet.states.show('n1', place)).toMatchObject({
        state: {
          nodeId: 'n1',
          sha256: loaded?.sha256,
          serial: 7,
          lineage: 'line',
          terraformVersion: '1.11.4',
        },
        resources: [{ address: 'terraform_data.a', managed: true, deposed: false, status: null }],
      });
    }
    expect(await fleet.states.show('n1', 'version-99')).toBeUndefined();
    expect(await fleet.states.load('nobody', 'canonical')).toBeUndefined();
    expect(await fleet.states.versions('nobody').catch(codeOf)).toBe('UNKNOWN_NODE');
    expect(await fleet.states.quarantined('nobody')).toEqual([]);
  });

  test('shows what Terraform said, the end of it, and what it says', async () => {
    const { node } = await yard.app.store.create(nodeRequest({ id: 'n1' }), { actor: 'producer' });
    const logs = join(yard.app.directories.logs, node.id);
    mkdirSync(logs, { recursive: true });
    const line = (words: string): string =>
      `${JSON.stringify({ '@level': 'info', '@message': words, '@timestamp': '2026-01-02T03:04:05.678Z', type: 'log' })}\n`;
    writeFileSync(join(logs, '1-create-run1.jsonl'), [1, 2, 3].map((n) => line(`words ${n}`)).join(''));
    writeFileSync(join(logs, '1-create-run1.stderr.log'), 'crashed\n');
    const directory = await createRunDirectory(yard.app.directories.runs, {
      version: 1,
      runId: 'run2',
      operation: 'destroy',
      members: [{ nodeId: node.id, epoch: 2, holder: 'a-run' }],
      owner: currentOwner(),
      createdAt: 1_700_000_000_000,
    });
    appendFileSync(directory.log, line('going on'));

    const runs = await fleet.runs.list('n1');
    expect(runs).toEqual([
      { epoch: 1, operation: 'create', runId: 'run1', current: false },
      { epoch: 2, operation: 'destroy', runId: 'run2', current: true },
    ]);
    const [ended, working] = runs as [FleetRun, FleetRun];
    const saidIn = async (stream: 'log' | 'stderr', tail?: number): Promise<string[]> => {
      const said: Said[] = [];
      await fleet.runs.read('n1', ended, { stream, tail, hear: (each) => void said.push(each) });
      for (const each of said) if (stream === 'log') expect(JSON.parse(each.line)).toHaveProperty('@message');
      return said.map(({ text }) => text);
    };
    expect(await saidIn('log')).toEqual(
      ['words 1', 'words 2', 'words 3'].map((words) => expect.stringContaining(words)),
    );
    expect(await saidIn('log', 2)).toHaveLength(2);
    expect(await saidIn('stderr')).toEqual(['crashed']);

    const followed: string[] = [];
    const following = fleet.runs.follow('n1', working, {
      hear: ({ text }) => void followed.push(text),
      signal: new AbortController().signal,
    });
    await expect.poll(() => followed.length, PATIENCE).toBe(1);
    appendFileSync(directory.log, line('the end'));
    await expect.poll(() => followed.length, PATIENCE).toBe(2);
    await archiveLogs(directory, yard.app.directories.logs, yard.app.redact);
    await directory.remove();
    await following;
    expect(followed.map((text) => text.trim())).toEqual([
      expect.stringContaining('going on'),
      expect.stringContaining('the end'),
    ]);
  });

  test('has webhooks', async () => {
    const { webhook, secret } = await fleet.webhooks.add(
      { url: 'https://hooks.example.com/', filter: { states: ['FAILED'] } },
      { createdBy: 'a test' },
    );
    expect(secret).toMatch(/^whsec_/);
    expect(await fleet.webhooks.list()).toEqual([webhook]);
    expect(await fleet.webhooks.disable(webhook.id, 'why')).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('why'),
    });
    expect(await fleet.webhooks.enable(webhook.id)).toMatchObject({ enabled: true });
    expect(await fleet.webhooks.deadLetters(webhook.id, { limit: 5 })).toEqual({ letters: [] });
    expect(await fleet.webhooks.redeliver(webhook.id, 'all')).toBe(0);
    await fleet.webhooks.remove(webhook.id);
    expect(await fleet.webhooks.get(webhook.id).catch(codeOf)).toBe('UNKNOWN_WEBHOOK');
  });

  test('finds what is not as it should be, and touches nothing', async () => {
    await nodeAt(yard.app.store, 'FAILED destroy', { id: 'f1' });
    const report = await fleet.look();
    expect(report.failures).toEqual([]);
    for (const { outcome } of report.findings) expect(outcome).toBe('found');
    expect(report.inventories).toEqual(expect.any(Array));
  });
});
