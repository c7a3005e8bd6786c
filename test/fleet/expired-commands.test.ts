import { expect, it } from 'vitest';
import { nodeAt, useStore } from '../store/support.js';
import { Fleet, MINUTE } from './support.js';

const fixture = useStore();

it('commands that were not acknowledged in time end, in silence, and not by a dry look', async () => {
  const fleet = new Fleet(fixture);
  const { id } = await nodeAt(fixture.store, 'INSERVICE');
  await fleet.commands.ask(id, { name: 'Ping', ttlMs: MINUTE }, { actor: 'operator' });
  await fleet.look();
  fixture.now += MINUTE;
  await fleet.look({ dryRun: true });
  expect(await fleet.commands.list(id)).toMatchObject([{ name: 'Ping' }]);
  expect((await fleet.commands.list(id))[0]?.outcome).toBeUndefined();
  expect(await fleet.look()).toEqual([]);
  expect(await fleet.commands.list(id)).toMatchObject([{ outcome: 'expired' }]);
});
