/** What an API server tells Prometheus: of its requests, and of what its process knows besides. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startApi } from '../../src/api.js';
import { fleetMetrics } from '../../workers/metrics.js';
import { listenTo } from './listen.js';
import { YardApi } from './yard-api.js';

let yard: YardApi;
beforeAll(async () => {
  yard = await YardApi.open({ NODEYARD_API_MAX_LISTENERS: '5' });
});
afterAll(() => yard.close());

const told = async (): Promise<string> => (await yard.ask('/metrics', { as: 'viewer' })).text;
const sampleOf = (text: string, name: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? 0,
  );
const samplesOf = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const requests = (labels: string): string => `nodeyard_api_requests_total{${labels}}`;
let before: string;
beforeEach(async () => {
  before = await told();
});
/** How much a sample has grown since the test began. */
const grown = async (name: string): Promise<number> => sampleOf(await told(), name) - sampleOf(before, name);

test('requests are counted by method, route and class of the answer, also those that are refused', async () => {
  await yard.ask('/v1/nodes/n1', { as: 'viewer' });
  await yard.ask('/v1/nodes/n2', { as: 'nobody' });
  await yard.ask('/v1/nodes?limit=1', { as: 'viewer' });
  const route = 'route="/v1/nodes/:id"';
  await expect.poll(() => grown(requests(`method="GET",${route},status="4xx"`))).toBe(2);
  await expect.poll(() => grown(requests('method="GET",route="/v1/nodes",status="2xx"'))).toBe(1);
  expect(await grown(`nodeyard_api_request_duration_seconds_count{method="GET",${route}}`)).toBe(2);
});

test('no label is what a client chose: neither an address nor a method', async () => {
  const secret = 'a-word-that-nobody-else-says';
  await yard.ask(`/v1/${secret}`, { as: 'viewer' });
  await yard.ask(`/v1/nodes/${secret}?${secret}=1`, { as: 'viewer' });
  await yard.raw('PROPFIND /v1/nodes HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await expect.poll(() => grown(requests('method="GET",route="other",status="4xx"'))).toBe(1);
  await expect.poll(() => grown(requests('method="other",route="other",status="4xx"'))).toBe(1);
  expect(await told()).not.toContain(secret);
  expect(await told()).not.toContain('PROPFIND');
});

test('a stream is a listener as long as it lasts, and its time says nothing', async () => {
  const listener = await listenTo(`${yard.api.url}/v1/events`, { token: yard.tokens.viewer });
  const during = await told();
  expect(sampleOf(during, 'nodeyard_api_listeners')).toBe(1);
  expect(sampleOf(during, 'nodeyard_api_listeners_limit')).toBe(5);
  listener.leave();
  await expect.poll(() => grown(requests('method="GET",route="/v1/events",status="2xx"'))).toBe(1);
  expect(sampleOf(await told(), 'nodeyard_api_listeners')).toBe(0);
  expect(await told()).not.toContain('duration_seconds_count{method="GET",route="/v1/events"}');
});

test('whoever may look may scrape, by a token in the header and nowhere else', async () => {
  expect((await yard.ask('/metrics', { as: 'nobody' })).status).toBe(401);
  expect((await yard.ask(`/metrics?token=${yard.tokens.viewer}`, { as: 'nobody' })).status).toBeGreaterThan(
    399,
  );
  const answer = await yard.ask('/metrics', { as: 'viewer' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
});

test('with a fleet beside it the server tells of both, and of no metric twice', async () => {
  const metrics = fleetMetrics(yard.app);
  const other = await startApi(yard.app, { metrics: () => metrics.scrape() });
  try {
    await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
    const answer = await fetch(`${other.url}/metrics`, {
      headers: { authorization: `Bearer ${yard.tokens.viewer}` },
    });
    const text = await answer.text();
    expect(text).toContain('nodeyard_nodes{state="REQUESTED"} 1');
    expect(text).toContain('nodeyard_queue_jobs{queue="create",standing="waiting"} 1');
    expect(text).toMatch(/^nodeyard_queue_oldest_waiting_age_seconds\{queue="create"\} \d/m);
    expect(text).toContain('nodeyard_api_listeners 0');
    expect(text).not.toContain('nodeyard_runs_total');
    const types = text.split('\n').filter((line) => line.startsWith('# TYPE'));
    expect(new Set(types).size).toBe(types.length);
    expect(new Set(samplesOf(text)).size).toBe(samplesOf(text).length);
  } finally {
    await other.close();
  }
});
