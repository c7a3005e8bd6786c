/** Every operation of the API has a call in the client: a route without one, and a call without a route, fail here. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectApi, type NodeyardApi } from '../../src/remote/index.js';
import { YardApi } from '../http/yard-api.js';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

const first = (sequence: AsyncGenerator): Promise<unknown> => sequence.next();

/** By operationId. Streams of an operation are called below it. */
const CALLS: Readonly<Record<string, readonly ((api: NodeyardApi) => Promise<unknown>)[]>> = {
  requestNodes: [
    ({ nodes }) => nodes.request({ group: 'g', role: 'r', stack: 's' }),
    ({ nodes }) => nodes.requestMany([{ group: 'g', role: 'r', stack: 's' }]),
  ],
  listNodes: [({ nodes }) => nodes.page({ state: ['FAILED'] }), ({ nodes }) => first(nodes.list())],
  countNodes: [({ nodes }) => nodes.counts()],
  getNode: [({ nodes }) => nodes.get('n1')],
  getNodeHistory: [({ nodes }) => nodes.history('n1', { limit: 5 })],
  changeNodeState: [({ nodes }) => nodes.changeState('n1', { to: 'SOFT_SUNSET' })],
  destroyNode: [({ nodes }) => nodes.destroy('n1')],
  cancelNode: [({ nodes }) => nodes.cancel('n1')],
  retryNode: [({ nodes }) => nodes.retry('n1')],
  commandNode: [({ commands }) => commands.ask('n1', { name: 'Drain' })],
  listNodeCommands: [({ commands }) => commands.list('n1')],
  takeNodeCommands: [(api) => api.asNode('n1').take({ wait: 1 })],
  streamNodeCommands: [(api) => first(api.asNode('n1').commands())],
  acknowledgeNodeCommand: [(api) => api.asNode('n1').acknowledge('1')],
  sendNodeEvent: [(api) => api.asNode('n1').say({ configured: true })],
  listEvents: [({ events }) => events.page({ after: '0' }), ({ events }) => first(events.follow())],
  listRuns: [({ runs }) => runs.list('n1')],
  getRunLog: [({ runs }) => runs.log('n1', 'run1'), ({ runs }) => first(runs.follow('n1', 'run1'))],
  listStacks: [({ stacks }) => stacks.list()],
  getStack: [({ stacks }) => stacks.get('local-node')],
  listStates: [({ states }) => states.page({ limit: 5 })],
  listQuarantine: [({ states }) => states.quarantine()],
  listNodeStates: [({ states }) => states.ofNode('n1')],
  getNodeState: [({ states }) => states.get('n1')],
  getNodeStateDocument: [({ states }) => states.document('n1', 'version-2')],
  listQueues: [({ queues }) => queues.list()],
  pauseQueue: [({ queues }) => queues.pause('create')],
  resumeQueue: [({ queues }) => queues.resume('create')],
  getFindings: [(api) => api.findings()],
  listGroups: [({ groups }) => groups.page({ limit: 5 })],
  putGroup: [({ groups }) => groups.put({ name: 'g', roles: {} }, { expected: 0 })],
  getGroup: [({ groups }) => groups.get('g')],
  deleteGroup: [({ groups }) => groups.delete('g')],
  pauseGroup: [({ groups }) => groups.pause('g')],
  resumeGroup: [({ groups }) => groups.resume('g', { reason: 'why' })],
  route: [({ groups }) => groups.route('g', { role: 'edge', count: 2 })],
  explainGroup: [({ groups }) => groups.explain('g')],
  getGroupHistory: [({ groups }) => groups.history('g', { limit: 5 })],
  listWebhooks: [({ webhooks }) => webhooks.list()],
  addWebhook: [({ webhooks }) => webhooks.add({ url: 'https://hooks.example.com/' })],
  getWebhook: [({ webhooks }) => webhooks.get('wh1')],
  removeWebhook: [({ webhooks }) => webhooks.remove('wh1')],
  enableWebhook: [({ webhooks }) => webhooks.enable('wh1')],
  disableWebhook: [({ webhooks }) => webhooks.disable('wh1')],
  testWebhook: [({ webhooks }) => webhooks.test('wh1')],
  listDeadLetters: [({ webhooks }) => webhooks.deadLetters('wh1')],
  redeliver: [({ webhooks }) => webhooks.redeliver('wh1', 'all')],
  getWhoAmI: [({ access }) => access.whoAmI()],
  listAudit: [({ access }) => access.audit({ limit: 5 })],
  getLiveness: [({ server }) => server.liveness()],
  getReadiness: [({ server }) => server.readiness()],
};

let yard: YardApi;
let operations: ReadonlyMap<string, { readonly method: string; readonly form: RegExp }>;
beforeAll(async () => {
  yard = await YardApi.open();
  const { paths } = (await yard.ask<Document>('/openapi.json', { as: 'nobody' })).body;
  operations = new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [
        operationId,
        { method: method.toUpperCase(), form: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) },
      ]),
    ),
  );
});
afterAll(() => yard.close());

test('every operation of the document has a call, and every call an operation', () => {
  expect(operations.size).toBeGreaterThan(35);
  expect(Object.keys(CALLS).sort()).toEqual([...operations.keys()].sort());
});

describe('the call of', () => {
  test.each(Object.keys(CALLS))('%s asks for that operation and no other', async (operationId) => {
    const operation = operations.get(operationId);
    for (const call of CALLS[operationId] ?? []) {
      const asked: string[] = [];
      const api = connectApi({
        url: 'https://api.example.com',
        fetch: async (url, { method }) => {
          asked.push(`${method} ${new URL(url).pathname}`);
          return new Response('no', { status: 400 });
        },
      });
      await expect(call(api)).rejects.toMatchObject({ code: 'API_REFUSED' });
      const [method, path = ''] = asked.join().split(' ');
      expect(method).toBe(operation?.method);
      expect(path).toMatch(operation?.form ?? /^$/);
    }
  });

  test('no segment is anything but a segment, whatever an id holds', async () => {
    const asked: string[] = [];
    const api = connectApi({
      url: 'https://api.example.com/yard/',
      fetch: async (url) => {
        asked.push(new URL(url).pathname);
        return new Response('{}', { status: 200 });
      },
    });
    for (const id of ['a/b', '..', '.', '', '%2e%2e', 'a?b#c', 'ä b']) await api.nodes.get(id);
    expect(asked.map((path) => path.split('/').slice(0, 4).join('/'))).toEqual(
      asked.map(() => '/yard/v1/nodes'),
    );
    expect(asked.map((path) => path.split('/').length)).toEqual(asked.map(() => 5));
  });
});
