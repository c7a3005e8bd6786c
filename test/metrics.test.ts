import { describe, expect, it } from 'vitest';
import { silentLog } from '../src/log.js';
import { METRICS } from '../src/metrics/definitions.js';
import { createMetrics, type MetricsParts } from '../src/metrics.js';
import { nodeAt, useStore } from './store/support.js';

const fixture = useStore();
const NOTHING = { findings: [], failures: [], inventories: [] };
const NEVER = new Promise<never>(() => undefined);
const QUEUES: MetricsParts['queues'] = {
  standings: async () => [
    { name: 'create', paused: true, waiting: 4, delayed: 2, active: 1, completed: 9, failed: 3 },
    { name: 'destroy', paused: false, waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 },
  ],
  waitingSince: async (operation) => (operation === 'create' ? 3_000 : undefined),
};

const WHOLE: Omit<MetricsParts, 'store'> = {
  quarantine: { count: async () => 3 },
  queues: QUEUES,
  unrecovered: async () => 2,
  terraform: { product: 'terraform', version: '1.11.4' },
  stacks: ['local-node'],
  log: silentLog,
  now: () => 5_000,
};

const create = (more: Partial<MetricsParts> = {}) =>
  createMetrics({ ...WHOLE, store: fixture.store, ...more });

/** The samples of a scrape: `name{label="value"}` to its number. */
async function samples(metrics: ReturnType<typeof create>): Promise<Map<string, number>> {
  const { contentType, body } = await metrics.scrape();
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, number] => {
      const [, name = '', value = ''] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

describe('the metrics of a fleet', () => {
  it('are what its store says at the moment of the question', async () => {
    const metrics = create();
    await nodeAt(fixture.store, 'CREATED');
    await nodeAt(fixture.store, 'CREATED');
    const { since } = await nodeAt(fixture.store, 'FAILED destroy');
    fixture.now = since + 90_000;
    const told = await samples(metrics);
    expect(Object.fromEntries(told)).toMatchObject({
      nodeyard_store_up: 1,
      'nodeyard_nodes{state="CREATED"}': 2,
      'nodeyard_nodes{state="FAILED"}': 1,
      'nodeyard_nodes{state="REQUESTED"}': 0,
      nodeyard_failed_destroys: 1,
      nodeyard_failed_destroys_oldest_age_seconds: 90,
      nodeyard_failed_destroys_most_failures: 1,
      nodeyard_quarantined_states: 3,
      nodeyard_run_directories_unrecovered: 2,
      'nodeyard_queue_jobs{queue="create",standing="waiting"}': 4,
      'nodeyard_queue_jobs{queue="create",standing="failed"}': 3,
      'nodeyard_queue_paused{queue="create"}': 1,
      'nodeyard_queue_paused{queue="destroy"}': 0,
      'nodeyard_queue_oldest_waiting_age_seconds{queue="create"}': 2,
      'nodeyard_queue_oldest_waiting_age_seconds{queue="destroy"}': 0,
    });
    await nodeAt(fixture.store, 'CREATED');
    expect((await samples(metrics)).get('nodeyard_nodes{state="CREATED"}')).toBe(3);
  });

  it.each<[string, () => Promise<never>]>([
    ['does not answer', () => NEVER],
    ['refuses', () => Promise.reject(new Error('away'))],
  ])('are left out while the store %s, and the process still tells of itself', async (_, counts) => {
    const metrics = create({ store: { ...fixture.store, counts }, withinMs: 20 });
    metrics.looked(NOTHING);
    const told = await samples(metrics);
    expect(told.get('nodeyard_store_up')).toBe(0);
    expect(told.get('nodeyard_reconcile_looks_total{outcome="done"}')).toBe(1);
    expect(told.get('nodeyard_run_directories_unrecovered')).toBe(2);
    expect(
      [...told.keys()].filter((name) =>
        /_nodes?_|nodes\{|failed_destroys|quarantined|queue_(jobs|oldest)/.test(name),
      ),
    ).toEqual([]);
  });

  it('are not asked for again while the last question is still open, and come back with its answer', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const open = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const counts = async () => {
      asked += 1;
      await open;
      return fixture.store.counts();
    };
    const metrics = create({ store: { ...fixture.store, counts }, withinMs: 20 });
    expect((await samples(metrics)).get('nodeyard_store_up')).toBe(0);
    expect((await samples(metrics)).get('nodeyard_store_up')).toBe(0);
    expect(asked).toBe(1);
    answer();
    await expect.poll(async () => (await samples(metrics)).get('nodeyard_store_up')).toBe(1);
  });

  it('never go back to what was, when the store goes away', async () => {
    let away = false;
    const counts = () => (away ? NEVER : fixture.store.counts());
    const metrics = create({ store: { ...fixture.store, counts }, withinMs: 200 });
    expect((await samples(metrics)).has('nodeyard_failed_destroys')).toBe(true);
    away = true;
    const told = await samples(metrics);
    expect(told.has('nodeyard_failed_destroys')).toBe(false);
    expect(told.has('nodeyard_nodes{state="FAILED"}')).toBe(false);
  });

  it('say how old nodes are in their state, and how long others were in it', async () => {
    const metrics = create();
    await nodeAt(fixture.store, 'CREATED');
    fixture.now += 2 * 60_000;
    await nodeAt(fixture.store, 'CREATED');
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    fixture.now += 7_200_000;
    await fixture.store.transition(id, { to: 'SOFT_SUNSET', actor: 'operator' });
    const told = await samples(metrics);
    expect(Object.fromEntries(told)).toMatchObject({
      'nodeyard_nodes_oldest_age_seconds{state="CREATED"}': 7_320,
      'nodeyard_nodes_oldest_age_seconds{state="SOFT_SUNSET"}': 0,
      'nodeyard_nodes_oldest_age_seconds{state="FAILED"}': 0,
      'nodeyard_nodes_older{state="CREATED",than="1h"}': 2,
      'nodeyard_nodes_older{state="CREATED",than="6h"}': 0,
      'nodeyard_nodes_older{state="SOFT_SUNSET",than="1m"}': 0,
      'nodeyard_node_state_duration_seconds_bucket{state="INSERVICE",le="3600"}': 0,
      'nodeyard_node_state_duration_seconds_bucket{state="INSERVICE",le="21600"}': 1,
      'nodeyard_node_state_duration_seconds_bucket{state="INSERVICE",le="+Inf"}': 1,
      'nodeyard_node_state_duration_seconds_sum{state="INSERVICE"}': 7_200,
      'nodeyard_node_state_duration_seconds_count{state="INSERVICE"}': 1,
    });
    // Also when it is told a second time: it is shown, not added.
    expect(await samples(metrics)).toEqual(told);
  });

  it('are all that a process without a worker tells, besides itself', async () => {
    const { terraform: _, unrecovered: __, ...rest } = WHOLE;
    const { body } = await createMetrics({ ...rest, store: fixture.store }).scrape();
    expect(body).toContain('nodeyard_nodes{state="CREATED"} 0');
    expect(body).toContain('nodeyard_webhook_dead_total 0');
    expect(body).not.toMatch(/nodeyard_(runs|orphans|lease|reconcile)/);
  });

  it('cost one question for however many that ask at once', async () => {
    let asked = 0;
    const counts = () => {
      asked += 1;
      return fixture.store.counts();
    };
    const metrics = create({ store: { ...fixture.store, counts } });
    const told = await Promise.all([samples(metrics), samples(metrics), samples(metrics)]);
    expect(told.map((each) => each.get('nodeyard_quarantined_states'))).toEqual([3, 3, 3]);
    expect(asked).toBe(1);
  });
});

describe('what a process counts', () => {
  it('are runs by operation, stack and outcome, with their time, failures by code, and leases that were lost', async () => {
    const metrics = create();
    const run = {
      operation: 'create',
      stack: 'local-node',
      outcome: 'done',
      ms: 300,
      leaseLost: false,
    } as const;
    metrics.runEnded(run);
    metrics.runEnded({ ...run, outcome: 'stopped', ms: 70_000, leaseLost: true });
    metrics.judged({ operation: 'destroy', code: 'DEPENDENCY', verdict: 'retry' });
    metrics.judged({ operation: 'create', code: 'QUOTA', verdict: 'fail' });
    metrics.judged({ operation: 'create', code: 'SHUTDOWN', verdict: 'requeue' });
    const labels = 'operation="create",stack="local-node"';
    const told = Object.fromEntries(await samples(metrics));
    expect(told).toMatchObject({
      [`nodeyard_runs_total{${labels},outcome="done"}`]: 1,
      [`nodeyard_runs_total{${labels},outcome="stopped"}`]: 1,
      [`nodeyard_run_duration_seconds_count{${labels}}`]: 2,
      [`nodeyard_run_duration_seconds_sum{${labels}}`]: 70.3,
      [`nodeyard_run_duration_seconds_bucket{le="0.5",${labels}}`]: 1,
      'nodeyard_lease_losses_total{operation="create"}': 1,
      'nodeyard_lease_losses_total{operation="destroy"}': 0,
      'nodeyard_run_retries_total{operation="destroy",code="DEPENDENCY"}': 1,
      'nodeyard_run_failures_total{operation="create",code="QUOTA"}': 1,
    });
    expect(Object.keys(told).filter((name) => name.includes('SHUTDOWN'))).toEqual([]);
  });

  it('are the memory that Terraform needed, and how long jobs waited', async () => {
    const metrics = create();
    metrics.terraformEnded({ operation: 'create', stack: 'local-node', peakMemoryBytes: 100 * 1024 ** 2 });
    metrics.terraformEnded({ operation: 'create', stack: 'local-node', peakMemoryBytes: undefined });
    metrics.terraformEnded({ operation: 'destroy', stack: undefined, peakMemoryBytes: 1 });
    metrics.jobWaited('create', 400);
    metrics.jobWaited('create', -50);
    const labels = 'operation="create",stack="local-node"';
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({
      [`nodeyard_terraform_peak_memory_bytes_count{${labels}}`]: 1,
      [`nodeyard_terraform_peak_memory_bytes_bucket{le="134217728",${labels}}`]: 1,
      [`nodeyard_terraform_peak_memory_bytes_bucket{le="67108864",${labels}}`]: 0,
      'nodeyard_terraform_peak_memory_bytes_count{operation="destroy",stack="other"}': 1,
      'nodeyard_queue_wait_seconds_count{queue="create"}': 2,
      'nodeyard_queue_wait_seconds_sum{queue="create"}': 0.4,
    });
  });

  it('has no label of whatever a request may say: a stack that the catalog lacks is "other"', async () => {
    const metrics = create();
    for (const stack of ['a', 'b', 'constructor'])
      metrics.runEnded({ operation: 'create', stack, outcome: 'failed', ms: 1, leaseLost: false });
    const told = await samples(metrics);
    expect(told.get('nodeyard_runs_total{operation="create",stack="other",outcome="failed"}')).toBe(3);
  });

  it('are looks of the reconciler, what they did, and orphans, each once', async () => {
    const metrics = create();
    const orphan = { rule: 'orphans', nodeId: 'n', reason: '' } as const;
    metrics.looked({
      findings: [
        { ...orphan, action: 'report', outcome: 'done' },
        { ...orphan, action: 'report', outcome: 'passed' },
        { ...orphan, action: 'destroy', outcome: 'done' },
        { ...orphan, action: 'destroy', outcome: 'failed' },
        { rule: 'ttl', nodeId: 'n', action: 'destroy', reason: '', outcome: 'done' },
      ],
      failures: [{ rule: 'vanished', message: 'away' }],
      inventories: [
        { stack: 'aws-node', place: 'eu-central-1', name: 'aws-eu-central-1', resources: 1 },
        { stack: 'aws-node', place: 'us-west-2', problem: 'away' },
      ],
    });
    metrics.looked(undefined);
    metrics.quarantineRunEnded({ kind: 'ended' });
    metrics.quarantineRunEnded(undefined);
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({
      'nodeyard_reconcile_looks_total{outcome="done"}': 1,
      'nodeyard_reconcile_looks_total{outcome="failed"}': 1,
      nodeyard_reconcile_last_look_timestamp_seconds: 5,
      'nodeyard_reconcile_acts_total{rule="orphans",outcome="done"}': 2,
      'nodeyard_reconcile_acts_total{rule="orphans",outcome="failed"}': 1,
      'nodeyard_reconcile_acts_total{rule="ttl",outcome="done"}': 1,
      'nodeyard_reconcile_rule_failures_total{rule="vanished"}': 1,
      'nodeyard_inventories_asked_total{outcome="answered"}': 1,
      'nodeyard_inventories_asked_total{outcome="failed"}': 1,
      nodeyard_orphans_found_total: 2,
      nodeyard_orphans_destroyed_total: 1,
      'nodeyard_quarantine_runs_total{outcome="ended"}': 1,
      'nodeyard_quarantine_runs_total{outcome="broken"}': 1,
    });
  });

  it('is its own: two of them in one process share nothing', async () => {
    const [one, other] = [create(), create()];
    one.looked(NOTHING);
    expect((await samples(other)).has('nodeyard_reconcile_looks_total{outcome="done"}')).toBe(false);
  });

  it('says what it is', async () => {
    const { body } = await create().scrape();
    expect(body).toMatch(
      /^nodeyard_info\{version="\d+\.\d+\.\d+",product="terraform",terraform="1\.11\.4"\} 1$/m,
    );
  });
});

describe('the names', () => {
  it.each(Object.entries(METRICS))(
    '%s follows the conventions of Prometheus',
    (name, { type, labels, help }) => {
      expect(name).toMatch(/^nodeyard_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith('_total'), 'only counters end so').toBe(type === 'counter');
      if (/duration|age|timestamp/.test(name)) expect(name).toMatch(/_seconds$/);
      expect(help).toMatch(/\.$/);
      expect(labels).not.toContain('node');
    },
  );
});
