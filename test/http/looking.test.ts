/** Stacks, states, queues, findings, the audit trail and the server’s own health. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi } from '../../src/api.js';
import type { AuditEntry } from '../../src/auth/audit-trail.js';
import type { StateSummary } from '../../src/state/repository.js';
import { nodeAt } from '../store/support.js';
import { type ErrorTold, YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open();
});
afterAll(() => yard.close());

const get = <T = ErrorTold>(path: string, as: 'viewer' | 'admin' = 'viewer') => yard.ask<T>(path, { as });
const post = <T = ErrorTold>(path: string, json?: unknown) =>
  yard.ask<T>(path, { method: 'POST', as: 'operator', ...(json === undefined ? {} : { json }) });

/** As Terraform writes it, with a number that JavaScript cannot hold and a secret. */
const document = (id: string): Uint8Array =>
  Buffer.from(
    `{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"l","outputs":{},"resources":[{"mode":"managed","type":"terraform_data","name":"${id}","provider":"provider[\\"terraform.io/builtin/terraform\\"]","instances":[{"attributes":{"id":"i-${id}","n":12345678901234567891,"password":"hunter22"}}]}]}\n`,
  );

describe('stacks', () => {
  test('are listed with the JSON Schemas of their inputs', async () => {
    const { body } = await get<{ stacks: { name: string; inputs: { properties: object } }[] }>('/v1/stacks');
    expect(body.stacks.map(({ name }) => name)).toEqual(expect.arrayContaining(['aws-node', 'local-node']));
    const one = await get<{ stack: { name: string; inputs: { properties: object } } }>(
      '/v1/stacks/local-node',
    );
    expect(Object.keys(one.body.stack.inputs.properties)).toContain('message');
  });

  test('that are not known are 404', async () => {
    const { status, body } = await get('/v1/stacks/nothing');
    expect([status, body.error.code]).toEqual([404, 'NOT_FOUND']);
    expect(body.error.message).toContain('local-node');
  });
});

describe('states', () => {
  interface OfNode {
    readonly canonical: StateSummary | null;
    readonly versions: readonly StateSummary[];
    readonly quarantined: readonly StateSummary[];
  }

  const nodeWithStates = async (id: string): Promise<void> => {
    await nodeAt(yard.app.store, 'CREATED', { id });
    const begin = async (): Promise<number> => {
      await yard.app.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
      const begun = await yard.app.store.begin(id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
      if ('refused' in begun) throw new Error(begun.refused);
      await yard.app.store.release(id, { epoch: begun.epoch, holder: 'run' });
      return begun.epoch;
    };
    const first = (await yard.app.store.get(id))?.epoch ?? 0;
    await yard.app.states.save(id, { epoch: first, sequence: 1, document: document('a') });
    const second = await begin();
    await yard.app.states.save(id, { epoch: second, sequence: 1, document: document('b') });
    await yard.app.states.save(id, { epoch: first, sequence: 2, document: document('c') });
  };

  test('are shown by what is kept of them, the late one among them, and never by their contents', async () => {
    await nodeWithStates('s1');
    const { body, text } = await get<OfNode>('/v1/nodes/s1/states');
    expect(body).toMatchObject({
      canonical: { nodeId: 's1', epoch: 2, resources: 1 },
      versions: [{ epoch: 1 }],
      quarantined: [{ epoch: 1 }],
    });
    const all = await get<{ states: StateSummary[] }>('/v1/states?limit=10');
    expect(all.body.states.map(({ nodeId }) => nodeId)).toEqual(['s1']);
    const late = await get<{ quarantined: StateSummary[] }>('/v1/quarantine');
    expect(late.body.quarantined).toEqual(body.quarantined);
    const shown = await get<{ resources: { address: string }[] }>('/v1/nodes/s1/states/canonical');
    expect(shown.body.resources).toMatchObject([
      { address: 'terraform_data.b', managed: true, status: null },
    ]);
    for (const each of [text, all.text, late.text, shown.text]) expect(each).not.toContain('hunter22');
  });

  test('are given byte by byte to an admin alone, and the audit trail knows', async () => {
    await nodeWithStates('s2');
    for (const [place, id] of [
      ['canonical', 'b'],
      ['version-1', 'a'],
      ['version-2', 'b'],
      ['quarantined-1', 'c'],
    ] as const) {
      const path = `/v1/nodes/s2/states/${place}/document`;
      expect((await get(path)).status, place).toBe(403);
      const { status, text, headers } = await get(path, 'admin');
      expect([status, text], place).toEqual([200, Buffer.from(document(id)).toString()]);
      expect(headers.get('content-disposition')).toContain('.tfstate');
    }
    const { body } = await get<{ entries: AuditEntry[] }>('/v1/audit?limit=1', 'admin');
    expect(body.entries).toMatchObject([
      { action: 'state.read', target: 's2 quarantined-1', who: 'token test-admin' },
    ]);
  });

  test('that are not there are 404, and what is no place is 400', async () => {
    await nodeAt(yard.app.store, 'REQUESTED', { id: 's3' });
    expect((await get<OfNode>('/v1/nodes/s3/states')).body).toEqual({
      canonical: null,
      versions: [],
      quarantined: [],
    });
    expect((await get('/v1/nodes/s4/states')).body.error.code).toBe('UNKNOWN_NODE');
    for (const place of ['canonical', 'version-1', 'quarantined-7']) {
      expect((await get(`/v1/nodes/s3/states/${place}`)).status, place).toBe(404);
    }
    for (const place of ['version-0', 'version-', 'canonical-1', 'quarantined-1e3', 'x']) {
      expect((await get(`/v1/nodes/s3/states/${place}`)).status, place).toBe(400);
    }
  });
});

describe('queues', () => {
  interface Queue {
    readonly name: string;
    readonly paused: boolean;
    readonly waiting: number;
  }

  test('say what is in them, and are paused and resumed once', async () => {
    await post('/v1/nodes', { group: 'g', role: 'r', stack: 'local-node' });
    const { body } = await get<{ queues: Queue[] }>('/v1/queues');
    expect(body.queues).toMatchObject([
      { name: 'create', paused: false, waiting: 1, active: 0 },
      { name: 'destroy', paused: false, waiting: 0 },
    ]);
    const changed = async (verb: string) =>
      (await post<{ queue: Queue; changed: boolean }>(`/v1/queues/create/${verb}`)).body;
    expect(await changed('pause')).toMatchObject({ changed: true, queue: { paused: true, waiting: 1 } });
    expect(await changed('pause')).toMatchObject({ changed: false });
    expect(await yard.app.queues.queue('create').isPaused()).toBe(true);
    expect(await changed('resume')).toMatchObject({ changed: true, queue: { paused: false } });
    expect((await post('/v1/queues/nodeyard-create/pause')).body.error.field).toBe('name');
  });
});

describe('findings', () => {
  interface Shown {
    readonly lookedAt: number;
    readonly findings: readonly { readonly rule: string; readonly nodeId?: string }[];
  }

  test('are those of a look that touches nothing, and one look serves many', async () => {
    const overdue = await nodeAt(yard.app.store, 'FAILED destroy', { id: 'f1' });
    const before = await yard.app.store.get(overdue.id);
    const looks = await Promise.all([1, 2, 3].map(() => get<Shown>('/v1/reconcile/findings')));
    expect(new Set(looks.map(({ body }) => body.lookedAt)).size).toBe(1);
    expect(looks[0]?.body).toMatchObject({ findings: expect.any(Array), more: false, failures: [] });
    expect(await yard.app.store.get(overdue.id)).toEqual(before);
  });
});

describe('the audit trail', () => {
  const entries = async (query = '') =>
    (await get<{ entries: AuditEntry[]; cursor?: string }>(`/v1/audit${query}`, 'admin')).body;

  test('says who changed what, from where and with what result, newest first', async () => {
    const asked = await post<{ node: { id: string } }>('/v1/nodes', {
      group: 'g',
      role: 'r',
      stack: 'local-node',
    });
    await post(`/v1/nodes/${asked.body.node.id}/retry`, { reason: 'why not' });
    await yard.ask('/v1/queues/create/pause', { method: 'POST', as: 'viewer' });
    const { entries: found } = await entries('?limit=3');
    expect(found).toMatchObject([
      { who: 'token test-viewer', action: 'queue.pause', target: 'create', result: 'FORBIDDEN', status: 403 },
      {
        who: 'token test-operator',
        action: 'node.retry',
        target: asked.body.node.id,
        result: 'WRONG_STATE',
        status: 409,
      },
      {
        who: 'token test-operator',
        action: 'node.request',
        target: asked.body.node.id,
        result: 'done',
        from: '127.0.0.1',
      },
    ]);
    expect(found[2]?.requestId).toBe(asked.headers.get('x-request-id'));
  });

  test('has nothing of who did not come in, and nothing secret', async () => {
    const before = (await entries('?limit=1')).entries[0];
    await yard.ask('/v1/queues/create/pause', { method: 'POST', as: 'nobody' });
    await yard.ask('/v1/queues/create/pause', { method: 'POST', as: `nyt_abcdefghij_${'A'.repeat(43)}` });
    expect((await entries('?limit=1')).entries[0]).toEqual(before);
    const { text } = await get('/v1/audit?limit=1000', 'admin');
    for (const token of Object.values(yard.tokens)) expect(text).not.toContain(token.slice(15));
  });

  test('is for admins, and is turned page by page', async () => {
    expect((await get('/v1/audit')).status).toBe(403);
    const first = await entries('?limit=2');
    const second = await entries(`?limit=2&cursor=${first.cursor}`);
    const both = await entries('?limit=4');
    expect([...first.entries, ...second.entries]).toEqual(both.entries);
    expect((await get('/v1/audit?cursor=x', 'admin')).body.error.field).toBe('cursor');
  });
});

describe('who is asking', () => {
  test('is told its name and scope', async () => {
    const { body } = await get<Record<string, string>>('/v1/whoami');
    expect(body).toEqual({
      kind: 'token',
      name: 'token test-viewer',
      scope: 'viewer',
      tokenId: expect.any(String),
    });
  });
});

describe('the server', () => {
  test('lives without a token, and says what it cannot do without', async () => {
    expect((await yard.ask('/livez', { as: 'nobody' })).body).toEqual({ status: 'ok' });
    const { status, body } = await yard.ask('/readyz', { as: 'nobody' });
    expect([status, body]).toEqual([200, { status: 'ready', dependencies: { redis: 'ok', server: 'ok' } }]);
    let trouble: string | undefined = 'terraform is not there';
    const dependencies = [{ name: 'terraform', trouble: () => trouble }];
    const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' });
    const other = await startApi(yard.app, { dependencies, metrics });
    try {
      const ready = async () => {
        const answer = await fetch(`${other.url}/readyz`);
        return [answer.status, ((await answer.json()) as { dependencies: object }).dependencies];
      };
      expect(await ready()).toEqual([
        503,
        { redis: 'ok', server: 'ok', terraform: 'terraform is not there' },
      ]);
      trouble = undefined;
      expect(await ready()).toEqual([200, { redis: 'ok', server: 'ok', terraform: 'ok' }]);
      const headers = { authorization: `Bearer ${yard.tokens.viewer}` };
      const shown = await fetch(`${other.url}/metrics`, { headers });
      expect(await shown.text()).toContain('\nup 1\n');
      expect((await fetch(`${other.url}/metrics`)).status).toBe(401);
    } finally {
      await other.close();
    }
  });

  test('tells of itself where nothing else is to be told', async () => {
    const { status, text } = await get('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('nodeyard_api_listeners 0');
    expect(text).not.toContain('nodeyard_nodes');
  });
});
