/** Which places a fleet has been in, and the inventories that are opened for them, on a real Redis. */
import { describe, expect, it } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { createStackInventories, type InventoriesParts } from '../../src/fleet/inventories.js';
import type { DetailedPlace, Inventory, InventoryContext, PlaceDetails } from '../../src/fleet/inventory.js';
import { createPlaces } from '../../src/fleet/places.js';
import { createInventories } from '../../src/fleet/reconcile/inventories.js';
import { silentLog } from '../../src/log.js';
import type { StackCatalog } from '../../stacks/catalog.js';
import { defineNodeStack, type NodeStack, z } from '../../stacks/define.js';
import { useStore } from '../store/support.js';

const fixture = useStore({ sound: false });

/** What was opened, and what the clouds do. */
class Clouds {
  readonly opened: (InventoryContext & { readonly place: string; readonly details?: PlaceDetails })[] = [];
  /** Errors of the next openings. */
  readonly failures: Error[] = [];
  list: Inventory['list'] = async () => [];
  readonly destroyed: string[] = [];

  stack(
    name: string,
    more: { always?: string[]; place?: (region: string) => string | DetailedPlace | undefined } = {},
  ): NodeStack {
    const { always, place = (region) => region } = more;
    return defineNodeStack({
      name,
      inputs: z.object({ region: z.string() }),
      node: () => ({}),
      inventory: {
        place: ({ region }) => place(region),
        ...(always === undefined ? {} : { always }),
        open: async (where, context, details) => {
          const told = Object.keys(details).length === 0 ? {} : { details };
          this.opened.push({ ...context, place: where, ...told });
          const failure = this.failures.shift();
          if (failure !== undefined) throw failure;
          return {
            name: `cloud-${where}`,
            settleMs: 7,
            list: (of) => this.list(of),
            destroy: async ({ id }) => void this.destroyed.push(id),
          };
        },
      },
    });
  }
}

const plain = defineNodeStack({ name: 'plain', inputs: z.object({}), node: () => ({}) });
const catalogOf = (...stacks: NodeStack[]): StackCatalog => ({
  get: (name) => {
    const stack = stacks.find((each) => each.name === name);
    if (stack === undefined) throw new NodeyardError('UNKNOWN_STACK', name);
    return stack;
  },
  find: (name) => stacks.find((each) => each.name === name),
  all: () => stacks,
  list: () => [],
});
const context = { dataDir: '/data', nodes: '/data/nodes', env: { KEY: 'value' } };
const registry = (stacks: NodeStack[], more: Partial<InventoriesParts> = {}) =>
  createStackInventories({
    catalog: catalogOf(...stacks),
    places: createPlaces(fixture.redis),
    fleetId: () => fixture.store.fleetId(),
    context,
    skip: [],
    ...more,
  });
const at = (stack: string, region: string) => ({ stack, inputs: { region } });
const namesOf = (inventories: readonly Inventory[]) => inventories.map(({ name }) => name);

describe('a place', () => {
  it('is asked by every worker for ever, once a node was about to be made in it', async () => {
    const clouds = new Clouds();
    const stack = clouds.stack('mine');
    await registry([stack]).remember(at('mine', 'north'));
    await registry([stack]).remember(at('mine', 'east'));
    await registry([stack]).remember(at('mine', 'north'));
    const places = await registry([stack]).places();
    expect(places.map(({ place }) => place)).toEqual(['east', 'north']);
    expect(clouds.opened).toEqual([]);
    expect((await places[1]?.open())?.name).toBe('cloud-north');
  });

  it('that costs nothing is asked although nobody was there', async () => {
    const places = await registry([new Clouds().stack('mine', { always: ['here'] }), plain]).places();
    expect(places).toMatchObject([{ stack: 'mine', place: 'here' }]);
  });

  it('is opened once, with the fleet and what the worker has', async () => {
    const clouds = new Clouds();
    const inventories = registry([clouds.stack('mine')]);
    const node = at('mine', 'north');
    await Promise.all([inventories.of(node), inventories.of(node)]);
    await inventories.of(node);
    expect(clouds.opened).toEqual([{ ...context, fleet: await fixture.store.fleetId(), place: 'north' }]);
  });

  it('is opened with what its stack has said of it, by a worker that has never seen the node as well', async () => {
    const clouds = new Clouds();
    const place = (name: string) => ({ name: `role-${name}`, details: { role: name, 'a b': 'é"' } });
    const stack = clouds.stack('mine', { place });
    await registry([stack]).remember(at('mine', 'north'));
    const [known] = await registry([stack]).places();
    await known?.open();
    await registry([stack]).of(at('mine', 'north'));
    const details = { role: 'north', 'a b': 'é"' };
    expect(clouds.opened).toMatchObject([
      { place: 'role-north', details },
      { place: 'role-north', details },
    ]);
  });

  it('that could not be opened is opened anew the next time', async () => {
    const clouds = new Clouds();
    clouds.failures.push(new Error('no route'));
    const inventories = registry([clouds.stack('mine')]);
    await expect(inventories.of(at('mine', 'north'))).rejects.toMatchObject({
      code: 'INVENTORY_UNAVAILABLE',
      message: 'the inventory of north (stack "mine") cannot be opened: no route',
    });
    expect(namesOf(await inventories.of(at('mine', 'north')))).toEqual(['cloud-north']);
  });

  it.each([
    'North',
    'a b',
    '',
    '-north',
    'é',
    { name: 'North', details: {} },
    { name: 'north', details: { port: 1 } as never },
    { name: 'north' } as never,
  ])('cannot be %j: the stack is told', async (place) => {
    const inventories = registry([new Clouds().stack('mine', { place: () => place })]);
    await expect(inventories.remember(at('mine', 'x'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect(await inventories.places()).toEqual([]);
  });
});

describe('the inventory of a node', () => {
  it('is that of the place which its inputs say, and none for a stack that has none', async () => {
    const inventories = registry([new Clouds().stack('mine'), plain]);
    await inventories.remember({ stack: 'plain', inputs: {} });
    expect(await inventories.of({ stack: 'plain', inputs: {} })).toEqual([]);
    expect(namesOf(await inventories.of(at('mine', 'east')))).toEqual(['cloud-east']);
  });

  it('is none where the stack says that nobody can ask in that place', async () => {
    const inventories = registry([new Clouds().stack('mine', { place: () => undefined })]);
    await inventories.remember(at('mine', 'elsewhere'));
    expect(await inventories.of(at('mine', 'elsewhere'))).toEqual([]);
    expect(await inventories.places()).toEqual([]);
  });

  it('is every one of its stack’s where the stack refuses today what it once took', async () => {
    const inventories = registry([new Clouds().stack('mine')]);
    for (const region of ['north', 'east']) await inventories.remember(at('mine', region));
    const now = { stack: 'mine', inputs: { zone: 'x' } };
    expect(namesOf(await inventories.of(now))).toEqual(['cloud-east', 'cloud-north']);
  });

  it('is not assumed to be none where this worker does not know a stack that once had one', async () => {
    await registry([new Clouds().stack('mine')]).remember(at('mine', 'north'));
    const other = registry([plain]);
    await expect(other.of(at('mine', 'north'))).rejects.toMatchObject({ code: 'INVENTORY_UNAVAILABLE' });
    expect(await other.of(at('never-had-one', 'north'))).toEqual([]);
  });

  it('is none where its stack is to be skipped, and the place is remembered all the same', async () => {
    const stack = new Clouds().stack('mine');
    const skipping = registry([stack], { skip: ['mine'] });
    await skipping.remember(at('mine', 'north'));
    expect(await skipping.of(at('mine', 'north'))).toEqual([]);
    expect(await skipping.places()).toEqual([]);
    expect(await registry([stack]).places()).toHaveLength(1);
  });
});

describe('how long a list may lag', () => {
  it.each([
    ['what the inventory says', {}, 7],
    ['what the configuration says, where it says anything', { settleMs: 3 }, 3],
  ])('is %s', async (_, settings, settleMs) => {
    const [inventory] = await registry([new Clouds().stack('mine')], settings).of(at('mine', 'north'));
    expect(inventory?.settleMs).toBe(settleMs);
  });
});

describe('what an inventory says', () => {
  const item = { nodeId: 'n', kind: 'machine', id: 'm-1', createdAt: 0, vital: true };
  async function opened(clouds: Clouds): Promise<Inventory> {
    const [inventory] = await registry([clouds.stack('mine')], { answerMs: 20 }).of(at('mine', 'north'));
    if (inventory === undefined) throw new Error('nothing was opened');
    return inventory;
  }

  it('reaches whoever asks, with the node that was asked for', async () => {
    const clouds = new Clouds();
    clouds.list = async (of) => (of?.nodeId === 'n' ? [item] : []);
    const inventory = await opened(clouds);
    expect(await inventory.list({ nodeId: 'n' })).toEqual([item]);
    expect(await inventory.list()).toEqual([]);
    await inventory.destroy(item);
    expect([inventory.settleMs, clouds.destroyed]).toEqual([7, ['m-1']]);
  });

  it('is an error of the closed set where it throws, with its own code where it has one', async () => {
    const clouds = new Clouds();
    const inventory = await opened(clouds);
    clouds.list = () => Promise.reject(new Error('socket hang up'));
    await expect(inventory.list()).rejects.toMatchObject({
      code: 'INVENTORY_UNAVAILABLE',
      message: 'cloud-north cannot say what exists: socket hang up',
    });
    clouds.list = () => Promise.reject(new NodeyardError('THROTTLED', 'slow down'));
    await expect(inventory.list()).rejects.toMatchObject({ code: 'THROTTLED' });
  });

  it('is an error where it never comes', async () => {
    const clouds = new Clouds();
    clouds.list = () => new Promise(() => undefined);
    await expect((await opened(clouds)).list()).rejects.toMatchObject({
      code: 'INVENTORY_UNAVAILABLE',
      message: expect.stringContaining('no answer within 20 ms'),
    });
  });
});

describe('the places of a look', () => {
  const look = (stacks: NodeStack[], intervalMs = 0, monotonic = () => 0) => {
    const inventories = registry(stacks);
    return createInventories({
      places: () => inventories.places(),
      intervalMs,
      monotonic,
      log: silentLog,
    });
  };

  it('are each asked once in so long', async () => {
    let now = 0;
    const looks = look([new Clouds().stack('mine', { always: ['here'] })], 100, () => now);
    expect((await looks.list()).asked).toMatchObject([{ name: 'cloud-here', resources: 0 }]);
    now = 99;
    expect(await looks.list()).toEqual({ asked: [], listings: [] });
    now = 100;
    expect((await looks.list()).listings).toHaveLength(1);
  });

  it('that two stacks know are asked once', async () => {
    const clouds = new Clouds();
    let lists = 0;
    clouds.list = async () => {
      lists += 1;
      return [];
    };
    const stacks = ['one', 'two'].map((name) => clouds.stack(name, { always: ['here'] }));
    expect((await look(stacks).list()).listings).toHaveLength(1);
    expect(lists).toBe(1);
  });

  it('that cannot answer are named with the reason, and keep no other from being asked', async () => {
    const clouds = new Clouds();
    clouds.failures.push(new Error('no route'));
    const stacks = [clouds.stack('mine', { always: ['east', 'north'] })];
    const { asked, listings } = await look(stacks).list();
    expect(asked).toMatchObject([
      { stack: 'mine', place: 'east', problem: expect.stringContaining('no route') },
      { stack: 'mine', place: 'north', name: 'cloud-north', resources: 0 },
    ]);
    expect(namesOf(listings.map(({ inventory }) => inventory))).toEqual(['cloud-north']);
  });
});
