import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/log.js';
import { type MetricsServer, serveMetrics } from '../../workers/metrics-server.js';

let servers: MetricsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

const metrics = { scrape: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }) };
async function serve(scrape = metrics.scrape, place = { host: '127.0.0.1', port: 0 }): Promise<string> {
  const server = await serveMetrics({ scrape }, place, silentLog);
  servers.push(server);
  return server.url;
}

describe('the metrics over HTTP', () => {
  it('are at /metrics, in the form that Prometheus reads', async () => {
    const url = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(`${url}?name[]=up`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('up 1\n');
    expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('');
  });

  it('are all that there is', async () => {
    const url = await serve();
    for (const path of ['', 'metrics/', 'metrics2', 'nodes'])
      expect((await fetch(new URL(`/${path}`, url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('answer 500 where they cannot be told, and go on', async () => {
    let broken = true;
    const url = await serve(async () => {
      if (broken) throw new Error('out of order');
      return metrics.scrape();
    });
    expect((await fetch(url)).status).toBe(500);
    broken = false;
    expect((await fetch(url)).status).toBe(200);
  });

  it('are refused an address that somebody has, with the setting', async () => {
    const { port } = new URL(await serve());
    await expect(serve(metrics.scrape, { host: '127.0.0.1', port: Number(port) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      field: 'metrics.listen',
      message: expect.stringContaining('something else listens there'),
    });
  });

  it('end at once, whoever is still connected', async () => {
    const url = await serve();
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const gone = new Promise((resolve) => idle.once('close', resolve));
    await servers.pop()?.close();
    await gone;
  });
});
