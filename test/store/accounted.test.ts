/** Up to which run everything is known that was ever made: what a run says of it at its end, and what takes that back. */
import { describe, expect, it } from 'vitest';
import type { Accounting } from '../../src/store/store.js';
import { nodeAt, useStore } from './support.js';

const fixture = useStore();
const LEASE_MS = 10_000;
const ALL: Accounting = { earlier: true, own: true };

async function create(id: string, holder: string): Promise<number> {
  const begun = await fixture.store.begin(id, { operation: 'create', holder, leaseMs: LEASE_MS });
  if ('refused' in begun) throw new Error(begun.refused);
  return begun.epoch;
}
const end = (id: string, epoch: number, holder: string, made?: Accounting) =>
  fixture.store.release(id, { epoch, holder }, made);
const accounted = async (id: string) => (await fixture.store.get(id))?.accounted;

describe('what a run says at its end', () => {
  it('counts where it knows of all that it made, and everything before it was known', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await end(id, await create(id, 'one'), 'one', { own: true });
    expect(await accounted(id)).toBe(1);
    await end(id, await create(id, 'two'), 'two', { own: true });
    expect(await accounted(id)).toBe(2);
  });

  it('leaves the mark behind where it says nothing, for all that follow', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await end(id, await create(id, 'one'), 'one', { own: true });
    await end(id, await create(id, 'killed'), 'killed');
    await end(id, await create(id, 'two'), 'two', { own: true });
    expect(await accounted(id)).toBe(1);
  });

  it('brings the mark up to the run before it where it has asked, and to itself where it knows its own', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await end(id, await create(id, 'killed'), 'killed');
    await end(id, await create(id, 'asked'), 'asked', { earlier: true });
    expect(await accounted(id)).toBe(1);
    await end(id, await create(id, 'both'), 'both', ALL);
    expect(await accounted(id)).toBe(3);
  });

  it('does not count for another epoch or holder', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    const epoch = await create(id, 'one');
    expect(await end(id, epoch, 'another', ALL)).toBe(false);
    expect(await end(id, epoch + 1, 'one', ALL)).toBe(false);
    expect(await accounted(id)).toBe(0);
  });
});

describe('a run that ends after another has begun', () => {
  /** The second run has begun, and the first is still alive. */
  async function superseded(): Promise<string> {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await create(id, 'frozen');
    fixture.now += LEASE_MS;
    expect(await create(id, 'two')).toBe(2);
    return id;
  }

  it('may have made something since the other one asked: the other one may not say that all is known', async () => {
    const id = await superseded();
    await end(id, 1, 'frozen', ALL);
    await end(id, 2, 'two', ALL);
    expect(await accounted(id)).toBe(0);
    await end(id, await create(id, 'three'), 'three', ALL);
    expect(await accounted(id)).toBe(3);
  });

  it('takes back what the other one has said', async () => {
    const id = await superseded();
    await end(id, 2, 'two', ALL);
    expect(await accounted(id)).toBe(2);
    await end(id, 1, 'frozen');
    expect(await accounted(id)).toBe(0);
  });

  it('has the same effect where Redis has lost its begin, and the epoch is another’s or nobody’s', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    await end(id, await create(id, 'one'), 'one', { own: true });
    await end(id, 2, 'lost');
    expect(await accounted(id)).toBe(0);
    const epoch = await create(id, 'two');
    await end(id, epoch, 'lost');
    await end(id, epoch, 'two', ALL);
    expect(await accounted(id)).toBe(0);
  });

  it('leaves a tombstone as it is', async () => {
    const id = await superseded();
    await end(id, 2, 'two', ALL);
    await fixture.store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    await fixture.store.begin(id, { operation: 'destroy', holder: 'three', leaseMs: LEASE_MS });
    await fixture.store.transition(id, { to: 'DESTROYED', actor: 'terraform', epoch: 3 });
    await end(id, 1, 'frozen');
    expect(await accounted(id)).toBe(2);
  });
});

describe('the end of the last run', () => {
  it('is when it gave its lease back, or when it lost it', async () => {
    const { id } = await nodeAt(fixture.store, 'REQUESTED');
    const ended = async () => (await fixture.store.get(id))?.runEndedAt;
    const epoch = await create(id, 'one');
    expect(await ended()).toBeUndefined();
    fixture.now += 10;
    await end(id, epoch, 'one');
    expect(await ended()).toBe(fixture.now);
    await create(id, 'killed');
    const leaseEnd = fixture.now + LEASE_MS;
    fixture.now += 60_000;
    await create(id, 'three');
    expect(await ended()).toBe(leaseEnd);
  });
});
