import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { PROCESS_METRICS } from '../../src/metrics/definitions.js';
import { createInstruments } from '../../src/metrics/instruments.js';
import { webhookMetrics } from '../../src/metrics/webhooks.js';

async function opened(now: () => number = () => 100_000) {
  const registry = new Registry();
  const metrics = webhookMetrics(createInstruments(registry, PROCESS_METRICS), now);
  const told = async (): Promise<string> => {
    metrics.show();
    return registry.metrics();
  };
  return { meter: metrics.meter, told };
}

it('attempts are counted by their outcome, from 0 on, with how long they took', async () => {
  const { meter, told } = await opened();
  expect(await told()).toContain('nodeyard_webhook_attempts_total{outcome="gone"} 0');
  meter.attempted('wh1', 'delivered', 30);
  meter.attempted('wh2', 'delivered', 70);
  meter.attempted('wh1', 'failed', 2_000);
  const text = await told();
  expect(text).toContain('nodeyard_webhook_attempts_total{outcome="delivered"} 2');
  expect(text).toContain('nodeyard_webhook_attempts_total{outcome="failed"} 1');
  expect(text).toContain('nodeyard_webhook_attempt_duration_seconds_sum 2.1');
  expect(text).not.toContain('wh1');
});

it('what was given up and what was missed is counted', async () => {
  const { meter, told } = await opened();
  meter.died('wh1');
  meter.missed('wh1');
  meter.missed('wh2');
  expect(await told()).toContain('nodeyard_webhook_dead_total 1');
  expect(await told()).toContain('nodeyard_webhook_gaps_total 2');
});

it('the age is that of the oldest event that waits here, at the moment of the question', async () => {
  let now = 100_000;
  const { meter, told } = await opened(() => now);
  const age = async () => /^nodeyard_webhook_oldest_undelivered_age_seconds (\S+)$/m.exec(await told())?.[1];
  expect(await age()).toBe('0');
  meter.oldest('wh1', 90_000);
  meter.oldest('wh2', 40_000);
  expect(await age()).toBe('60');
  now += 5_000;
  expect(await age()).toBe('65');
  meter.oldest('wh2', undefined);
  expect(await age()).toBe('15');
});
