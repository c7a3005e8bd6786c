/** A file of its own: once loaded, a module stays. */
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { silentLog } from '../../src/log.js';
import { openTracing } from '../../src/tracing/open.js';
import { noTracing } from '../../src/tracing/tracing.js';
import '../../src/api.js';
import '../../workers/worker.js';

/** These packages are CommonJS, so what was loaded of them is seen here. The API alone, which does nothing, prom-client loads too. */
const loaded = (): string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) =>
    /@opentelemetry\/(?!api\/)|bullmq-otel/.test(path),
  );

test('without an endpoint nothing of OpenTelemetry is loaded, and with one it is', async () => {
  const { tracing } = loadConfig({ env: {}, cwd: '/' });
  expect(await openTracing(tracing, silentLog)).toBe(noTracing);
  expect(loaded()).toEqual([]);
  const on = await openTracing({ ...tracing, endpoint: 'http://127.0.0.1:9' }, silentLog);
  expect(loaded().length).toBeGreaterThan(0);
  await on.close();
});

test('work goes on as without it', async () => {
  await expect(noTracing.span('run', {}, async () => 7)).resolves.toBe(7);
  await expect(noTracing.span('run', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
