import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/cli/doctor/check.js';
import { checkClock } from '../../src/cli/doctor/fleet.js';
import { checkNode } from '../../src/cli/doctor/machine.js';
import { checkWebhooks } from '../../src/cli/doctor/webhooks.js';
import type { Webhook } from '../../src/webhooks/webhook.js';
import { Yard } from '../support/yard.js';
import { call, callJson } from './command-line.js';
import { beside } from './yard-line.js';

interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
});
afterEach(() => yard.close());

async function diagnose(env: Record<string, string | undefined> = {}) {
  const { status, value } = await callJson<Diagnosis>(['doctor'], beside(yard, { env }));
  const check = (name: string): CheckResult => {
    const found = value.checks.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no check ${name}`);
    return found;
  };
  return { status, ok: value.ok, check };
}

describe('doctor', () => {
  it('tells the id of the fleet, and refuses one that another setting says', async () => {
    const id = await yard.app.store.fleetId();
    expect((await diagnose()).check('fleet')).toMatchObject({ status: 'ok', message: id });
    await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node', inputs: {} });
    expect((await diagnose({ NODEYARD_FLEET_ID: id })).check('fleet').message).toContain('fleet.id');
    const { status, check } = await diagnose({ NODEYARD_FLEET_ID: 'another' });
    expect(status).toBe(1);
    expect(check('redis')).toMatchObject({ status: 'fail', message: expect.stringContaining(id) });
  });

  it('finds a sound yard well, with status 0', async () => {
    const { status, ok, check } = await diagnose();
    expect({ status, ok }).toEqual({ status: 0, ok: true });
    const well = [
      'node',
      'configuration',
      'data-directory',
      'run-directories',
      'terraform',
      'stacks',
      'redis',
      'clock',
    ];
    expect(well.map((name) => check(name).status)).toEqual(well.map(() => 'ok'));
  });

  it('tells of an invalid configuration, whole, and stops there', async () => {
    const { status, check } = await diagnose({ NODEYARD_WORKER_CREATES: 'many', NODEYARD_LOG_LEVEL: 'loud' });
    expect(status).toBe(1);
    const { message } = check('configuration');
    expect(message).toMatch(/2 problems/);
    expect(message).toMatch(/NODEYARD_WORKER_CREATES/);
    expect(message).toMatch(/NODEYARD_LOG_LEVEL/);
  });

  it('tells that Redis cannot be reached and that Terraform is missing, both at once', async () => {
    const { status, check } = await diagnose({ REDIS_URL: '/nonexistent/redis.sock', PATH: yard.dataDir });
    expect(status).toBe(1);
    expect(check('redis')).toMatchObject({ status: 'fail', mend: expect.stringMatching(/REDIS_URL/) });
    expect(check('terraform')).toMatchObject({ status: 'fail', mend: expect.stringMatching(/Install/) });
  });

  it('tells of a Redis that may evict nodes', async () => {
    await yard.app.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { status, check } = await diagnose();
    expect(status).toBe(1);
    expect(check('redis').message).toMatch(/maxmemory-policy is allkeys-lru, wanted noeviction/);
  });

  it('warns of a Redis without a journal', async () => {
    await yard.app.redis.config('SET', 'appendonly', 'no');
    const { status, check } = await diagnose();
    expect(check('redis-settings')).toMatchObject({
      status: 'warn',
      mend: expect.stringMatching(/appendonly yes/),
    });
    expect(status).toBe(0);
  });

  it('tells of a provider mirror that cannot be read', async () => {
    const { check } = await diagnose({ NODEYARD_TERRAFORM_PROVIDER_MIRROR: '/nonexistent/mirror' });
    expect(check('provider-mirror')).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/ENOENT/),
    });
  });

  it('names the variables of credentials and never their values', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAVERYSECRETID', AWS_SECRET_ACCESS_KEY: 'very-secret-key-value' };
    const { stdout, stderr } = await call(['doctor'], beside(yard, { env }));
    expect(stdout).toMatch(/AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set/);
    expect(stdout + stderr).not.toMatch(/AKIAVERYSECRETID|very-secret-key-value/);
  });

  it('warns of half a pair of credentials', async () => {
    const { check } = await diagnose({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_PROFILE: undefined });
    expect(check('cloud-credentials').message).toBe('AWS: AWS_SECRET_ACCESS_KEY not set');
  });

  it('tells of a run directory that nobody can read', async () => {
    const broken = join(yard.dataDir, 'runs', 'n1.1.r1');
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, 'terraform.tfstate'), '{}');
    const { check } = await diagnose();
    expect(check('run-directories')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(broken),
    });
    rmSync(broken, { recursive: true });
  });

  it('fails on a failed destroy, because it may cost money', async () => {
    const { client, store } = yard.app;
    await client.requestNode({ id: 'n1', group: 'g', role: 'r', stack: 'local-node' });
    await client.requestDestruction('n1');
    const begun = await store.begin('n1', { operation: 'destroy', holder: 't', leaseMs: 60_000 });
    if ('refused' in begun) throw new Error(begun.refused);
    const failure = {
      operation: 'destroy',
      code: 'DENIED',
      message: 'no',
      diagnostics: [],
      retryable: false,
      attempts: 1,
    } as const;
    await store.transition('n1', { to: 'FAILED', actor: 'terraform', epoch: begun.epoch, failure });
    const { status, check } = await diagnose();
    expect(status).toBe(1);
    expect(check('failed-destroys')).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/^n1/),
      mend: expect.stringMatching(/retry --failed-destroys/),
    });
  });

  it.skipIf(process.getuid?.() === 0)('tells of a data directory that cannot be written', async () => {
    chmodSync(yard.dataDir, 0o500);
    const { check } = await diagnose();
    chmodSync(yard.dataDir, 0o700);
    expect(check('data-directory').status).toBe('fail');
  });
});

describe('a check', () => {
  it.each([
    ['20.18.3', 'fail'],
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
    ['18.20.0', 'fail'],
  ])('takes Node.js %s for %s', (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });

  it.each([
    [0, 'ok'],
    [5_000, 'warn'],
    [-5_000, 'warn'],
    [120_000, 'fail'],
  ])('takes a clock that is %i ms off for %s', async (offset, status) => {
    const { redis } = yard.app;
    expect((await checkClock({ redis }, () => Date.now() + offset)).status).toBe(status);
  });

  it('takes webhooks for sound until one is disabled, dead, delivered by nobody or failing for long', async () => {
    const now = 1_000_000_000;
    const sound = {
      position: '0',
      delivered: 1,
      failedAttempts: 0,
      dead: 0,
      deadLetters: 0,
      gaps: 0,
      retrying: 0,
      deliveredBy: 'host:1',
    };
    const { deliveredBy: _, ...alone } = sound;
    const look = (delivery: Webhook['delivery'], more: Partial<Webhook> = {}) => {
      const webhook = {
        id: 'wh1',
        url: '',
        filter: {},
        enabled: true,
        createdBy: 'x',
        createdAt: 0,
        delivery,
      };
      return checkWebhooks({ webhooks: { list: async () => [{ ...webhook, ...more }] } as never }, () => now);
    };
    expect(await checkWebhooks(yard.app, Date.now)).toEqual({
      name: 'webhooks',
      status: 'ok',
      message: 'none',
    });
    expect(await look({ ...sound, oldestUndeliveredAt: now - 60_000 })).toMatchObject({ status: 'ok' });
    const troubles = await Promise.all([
      look(sound, { enabled: false, disabledReason: 'moving house' }),
      look({ ...sound, deadLetters: 2 }),
      look(alone),
      look({ ...sound, oldestUndeliveredAt: now - 3_600_000 }),
    ]);
    expect(troubles.map(({ status, message }) => [status, message])).toEqual([
      ['warn', 'wh1 is disabled: moving house'],
      ['warn', 'wh1 has 2 dead letters'],
      ['warn', 'wh1 is delivered by nobody: no worker and no API server runs that may'],
      ['warn', 'wh1 fails'],
    ]);
  });
});
