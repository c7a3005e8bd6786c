/** The metrics of a real worker, as Prometheus would read them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Yard } from '../support/yard.js';

let yard: Yard;
let url: string;
beforeEach(async () => {
  yard = await Yard.open({
    NODEYARD_METRICS_LISTEN: '0',
    NODEYARD_RETRY_CREATE_ATTEMPTS: '2',
    NODEYARD_RECONCILE_INTERVAL: '100ms',
  });
  url = (await yard.startWorker()).metricsUrl ?? '';
});
afterEach(() => yard.close());

const told = async (): Promise<string> => (await fetch(url)).text();

test('a worker tells of its runs, of its fleet and of its looks', async () => {
  const { node: made } = await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
  await yard.reaches(made.id, 'CREATED');
  const during = await told();
  expect(during).toContain('nodeyard_nodes{state="CREATED"} 1');
  expect(during).toContain('nodeyard_runs_total{operation="create",stack="local-node",outcome="done"} 1');
  expect(during).not.toContain(made.id);
  expect(during).toContain('nodeyard_queue_wait_seconds_count{queue="create"} 1');
  expect(during).toContain('nodeyard_node_state_duration_seconds_count{state="CREATING"} 1');
  expect(during).toContain('nodeyard_nodes_older{state="CREATED",than="1m"} 0');
  if (process.platform === 'linux') {
    const [, sum = '0'] =
      /peak_memory_bytes_sum\{operation="create",stack="local-node"\} (\d+)/.exec(during) ?? [];
    expect(Number(sum)).toBeGreaterThan(8 * 1024 ** 2);
  }
  await yard.app.client.requestDestruction(made.id);
  await yard.reaches(made.id, 'DESTROYED');
  await expect
    .poll(told)
    .toContain('nodeyard_runs_total{operation="destroy",stack="local-node",outcome="done"} 1');
  await expect.poll(told).toMatch(/nodeyard_reconcile_looks_total\{outcome="done"\} [1-9]/);
  expect(await told()).toMatch(
    /nodeyard_run_duration_seconds_count\{operation="create",stack="local-node"\} 1/,
  );
});

test('a failure is a retry first, by its code, and a failed run in the end', async () => {
  const { node: made } = await yard.app.client.requestNode({
    group: 'g',
    role: 'r',
    stack: 'scripted',
    inputs: { ledger: yard.ledgerFile, create: ['fail:connection reset by peer'] },
  });
  const { failure } = await yard.reaches(made.id, 'FAILED');
  const code = failure?.code ?? '';
  await expect
    .poll(told)
    .toContain('nodeyard_runs_total{operation="create",stack="scripted",outcome="failed"} 1');
  const text = await told();
  expect(text).toContain(`nodeyard_run_retries_total{operation="create",code="${code}"} 1`);
  expect(text).toContain(`nodeyard_run_failures_total{operation="create",code="${code}"} 1`);
  expect(text).toContain('nodeyard_runs_total{operation="create",stack="scripted",outcome="postponed"} 1');
  await yard.app.client.requestDestruction(made.id);
  await yard.reaches(made.id, 'DESTROYED');
});

test('what cannot be read in the data directory is counted', async () => {
  const broken = join(yard.dataDir, 'runs', 'n.1.broken');
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, 'run.json'), '{');
  await expect.poll(told).toContain('nodeyard_run_directories_unrecovered 1');
  rmSync(broken, { recursive: true });
  await expect.poll(told).toContain('nodeyard_run_directories_unrecovered 0');
});

test('while Redis is away a worker still answers, and says so', { timeout: 120_000 }, async () => {
  await yard.redis.kill();
  await expect.poll(told, { timeout: 20_000 }).toContain('nodeyard_store_up 0');
  expect(await told()).not.toContain('nodeyard_nodes{');
  await yard.redis.restart();
  await expect.poll(told, { timeout: 30_000 }).toContain('nodeyard_store_up 1');
});

test('without the setting nothing listens', async () => {
  await yard.stopWorker();
  const quiet = await Yard.open();
  try {
    expect((await quiet.startWorker()).metricsUrl).toBeUndefined();
  } finally {
    await quiet.close();
  }
});
