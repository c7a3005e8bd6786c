/** `nodeyard reconcile`: what a look would do, and a look that a worker does at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/cli/doctor/check.js';
import { nodeKey } from '../../src/node/keys.js';
import { EXPIRIES_KEY } from '../../src/store/keys.js';
import { Yard } from '../support/yard.js';
import { call, callJson, type ErrorValue } from './command-line.js';

let yard: Yard;
let id = '';
beforeAll(async () => {
  yard = await Yard.open();
  const request = { group: 'g', role: 'edge', stack: 'local-node', ttl: 60 };
  ({ id } = (await yard.app.client.requestNode(request)).node);
  // An hour later, without waiting for it.
  await yard.app.redis.hset(nodeKey(id), 'expiresAt', '1000');
  await yard.app.redis.zadd(EXPIRIES_KEY, 1_000, id);
});
afterAll(() => yard.close());

const surroundings = () => ({ cwd: yard.dataDir, env: yard.env });
const finding = { rule: 'ttl', action: 'destroy', reason: 'its time to live of 1m has ended' };

describe('nodeyard reconcile', () => {
  it('--dry-run shows what would be done, and why, and does nothing', async () => {
    const { status, value } = await callJson(['reconcile', '--dry-run'], surroundings());
    expect(status).toBe(0);
    expect(value).toEqual({
      dryRun: true,
      findings: [{ ...finding, nodeId: id, outcome: 'found' }],
      inventories: [
        {
          stack: 'local-node',
          place: 'this-data-directory',
          name: expect.stringMatching(/^local-/),
          resources: 0,
        },
      ],
      failures: [],
    });
    const shown = await call(['reconcile', '--dry-run'], surroundings());
    expect(shown.stdout).toMatch(/^RULE +NODE +ACTION +OUTCOME +WHY\nttl +\w+ +destroy +found +its time/);
    expect((await yard.app.client.get(id)).state).toBe('REQUESTED');
  });

  it('tells of a place that cannot be asked what exists, and doctor does', async () => {
    const places = '{nodeyard}:places';
    await yard.app.redis.sadd(places, 'stack-of-yore north');
    const problem = 'nodes of stack "stack-of-yore" were made in north';
    expect((await call(['reconcile', '--dry-run'], surroundings())).stderr).toContain(`note: ${problem}`);
    const { value } = await callJson<{ checks: CheckResult[] }>(['doctor'], surroundings());
    expect(value.checks.filter(({ name }) => name === 'inventories')).toMatchObject([
      { status: 'ok', message: expect.stringMatching(/^local-\S+ \(local-node\): 0 of this fleet/) },
      { status: 'warn', message: expect.stringContaining(problem) },
    ]);
    await yard.app.redis.srem(places, 'stack-of-yore north');
  });

  it('says so where no worker takes the look', async () => {
    const { status, value } = await callJson<ErrorValue>(['reconcile', '--timeout', '200ms'], surroundings());
    expect(status).toBe(5);
    expect(value.error.code).toBe('TIMED_OUT');
  });

  it('has a worker do it', async () => {
    await yard.startWorker();
    const { status, value } = await callJson(['reconcile'], surroundings());
    expect(status).toBe(0);
    expect(value).toMatchObject({ dryRun: false, failures: [] });
    await yard.reaches(id, 'DESTROYED');
    expect((await call(['reconcile', '--dry-run'], surroundings())).stderr).toContain('nothing to reconcile');
  });
});
