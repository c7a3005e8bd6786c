/** The id that every resource of a fleet bears: one for a Redis, for ever, whoever asks first. */
import { describe, expect, it } from 'vitest';
import { createRedisStore } from '../../src/store/redis-store.js';
import { nodeAt, RETENTION, useStore } from './support.js';

const fixture = useStore();
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Another process on the same Redis. */
const another = (fleetId?: string) =>
  createRedisStore({
    redis: fixture.redis,
    retention: RETENTION,
    ...(fleetId === undefined ? {} : { fleetId }),
  });

describe('the id of the fleet', () => {
  it('is made once, also by many who ask at once, and is the same for all from then on', async () => {
    const stores = [fixture.store, another(), another(), another()];
    const ids = new Set(await Promise.all(stores.map((store) => store.fleetId())));
    expect(ids.size).toBe(1);
    expect([...ids][0]).toMatch(UUID);
    expect(await another().fleetId()).toBe([...ids][0]);
  });

  it('is another one in another Redis', async () => {
    const first = await fixture.store.fleetId();
    await fixture.redis.flushall();
    expect(await another().fleetId()).not.toBe(first);
  });

  it('is given back to a Redis that has lost it, by whoever knows it', async () => {
    const id = await fixture.store.fleetId();
    await fixture.redis.flushall();
    expect(await fixture.store.fleetId()).toBe(id);
    expect(await another().fleetId()).toBe(id);
  });

  it('can be pinned before anything bears another', async () => {
    await fixture.store.fleetId();
    expect(await another('the-old-one').fleetId()).toBe('the-old-one');
    expect(await fixture.store.fleetId()).toBe('the-old-one');
  });

  it('is not changed by a pin once a node was asked for: that is refused, with both ids', async () => {
    const id = await fixture.store.fleetId();
    await nodeAt(fixture.store, 'REQUESTED');
    await expect(another('the-old-one').fleetId()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      field: 'fleet.id',
      message: expect.stringMatching(new RegExp(`the-old-one.*${id}`)),
    });
    expect(await another(id).fleetId()).toBe(id);
  });
});
