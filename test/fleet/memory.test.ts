/** Of which times a Redis knows what happened. */
import { describe, expect, it } from 'vitest';
import { createMemory } from '../../src/fleet/reconcile/memory.js';
import { useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
const MINUTE = 60_000;
const memory = () => createMemory({ redis: fixture.redis, gapMs: 10 * MINUTE, now: () => fixture.now });
async function look(afterMs = 0): Promise<number> {
  fixture.now += afterMs;
  await memory().note();
  return fixture.now;
}

describe('a time is remembered', () => {
  it('from the first look on, as long as somebody looks', async () => {
    const first = await look();
    await look(10 * MINUTE);
    const last = await look(10 * MINUTE);
    const isRemembered = await memory().read();
    expect([first - 1, first, last, last + MINUTE].map(isRemembered)).toEqual([false, true, true, true]);
  });

  it('not where nobody has looked, which is what a restored backup looks like from within', async () => {
    await look();
    const before = await look(10 * MINUTE);
    const after = await look(10 * MINUTE + 1);
    const isRemembered = await memory().read();
    // The clocks of a cloud may go a little wrong.
    const times = [before - MINUTE, before - MINUTE + 1, before, after - 1, after];
    expect(times.map(isRemembered)).toEqual([true, false, false, false, true]);
  });

  it('not before anybody has looked', async () => {
    expect((await memory().read())(fixture.now)).toBe(false);
  });

  it('not after a last look that is long ago, for whoever only reads', async () => {
    const last = await look();
    await look(5 * MINUTE);
    fixture.now += 11 * MINUTE;
    const isRemembered = await memory().read();
    expect([last, fixture.now].map(isRemembered)).toEqual([true, false]);
  });

  it('once, whoever looks: a clock that goes back takes nothing away', async () => {
    const first = await look();
    await look(5 * MINUTE);
    await look(-4 * MINUTE);
    expect(await fixture.redis.zrange('{nodeyard}:looks', 0, '-1', 'WITHSCORES')).toEqual([
      String(first),
      String(first + 5 * MINUTE),
    ]);
  });
});
