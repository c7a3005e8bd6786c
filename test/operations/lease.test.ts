import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../src/log.js';
import { type KeptLease, keepLease } from '../../src/operations/lease.js';
import { realTimers } from '../../src/operations/timers.js';
import type { RenewResult } from '../../src/store/store.js';

const times = { ttlMs: 120_000, renewMs: 10_000, stopMarginMs: 45_000 };
let now = 0;
let lost = 0;
const states: string[] = [];
let lease: KeptLease | undefined;
const held: RenewResult = { held: true, state: 'CREATING', expiresAt: 0 };

function keep(renew: () => Promise<RenewResult>): KeptLease {
  lease = keepLease({
    store: { renew },
    nodeId: 'n1',
    claim: { epoch: 3, holder: 'h' },
    times,
    listener: {
      lost: () => {
        lost += 1;
      },
      state: (state) => states.push(state),
    },
    log: silentLog,
    monotonic: () => now,
    timers: realTimers,
    takenAt: 0,
  });
  return lease;
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += times.renewMs) {
    now += times.renewMs;
    await vi.advanceTimersByTimeAsync(times.renewMs);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  lost = 0;
  states.length = 0;
});
afterEach(() => {
  lease?.stop();
  vi.useRealTimers();
});

describe('a kept lease', () => {
  test('is renewed on and on, and reports the node’s state each time', async () => {
    keep(async () => held);
    await pass(600_000);
    expect(lost).toBe(0);
    expect(states).toHaveLength(60);
  });

  test('is lost at once when another run has taken the node', async () => {
    keep(async () => ({ held: false }));
    await pass(10_000);
    expect(lost).toBe(1);
  });

  test('is lost before it expires when renewals fail, early enough to stop', async () => {
    keep(async () => {
      throw new Error('no connection');
    });
    await pass(70_000);
    expect(lost).toBe(0);
    await pass(10_000);
    expect(lost).toBe(1);
  });

  test('is lost in time when a renewal hangs instead of failing', async () => {
    keep(() => new Promise(() => {}));
    await pass(80_000);
    expect(lost).toBe(1);
  });

  test('outlives a Redis that is away for half a minute', async () => {
    let away = false;
    keep(async () => {
      if (away) throw new Error('no connection');
      return held;
    });
    await pass(30_000);
    away = true;
    await pass(30_000);
    away = false;
    await pass(300_000);
    expect(lost).toBe(0);
  });

  test('says only once that it is lost', async () => {
    keep(async () => ({ held: false }));
    await pass(100_000);
    expect(lost).toBe(1);
  });

  test('says nothing after it was stopped', async () => {
    keep(async () => ({ held: false })).stop();
    await pass(100_000);
    expect(lost).toBe(0);
  });

  test('counts from when a renewal was sent, not from when it was answered', async () => {
    let answer = (_: RenewResult): void => {};
    let calls = 0;
    keep(() => {
      calls += 1;
      if (calls > 1) return Promise.reject(new Error('no connection'));
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    await pass(60_000);
    answer(held);
    await pass(10_000);
    expect(lost).toBe(0);
    // Sent at 10 s, so alive until 130 s and given up at 85 s, although the answer came at 60 s.
    await pass(20_000);
    expect(lost).toBe(1);
  });
});
