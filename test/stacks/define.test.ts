import { describe, expect, it } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { defineNodeStack, type Inventory, isNodeStack, z } from '../../stacks/define.js';

const inputs = z.object({ region: z.string() });

describe('a definition', () => {
  it('knows the types of its inputs, and is recognized', () => {
    const stack = defineNodeStack({
      name: 'my-node',
      inputs,
      batchKey: ({ region }) => region.toUpperCase(),
      node: (_scope, { region }) => ({ region }),
      sensitiveOutputs: ['region'],
    });
    expect(stack.batchKey({ region: 'here' })).toBe('HERE');
    expect([...stack.sensitiveOutputs]).toEqual(['region']);
    expect(isNodeStack(stack)).toBe(true);
    expect([{}, null, 'x', { ...stack, name: 'x' }].map(isNodeStack)).toEqual([false, false, false, true]);
  });

  it('lets nodes share a run only when nothing of their inputs reaches a provider', () => {
    const free = defineNodeStack({ name: 'free', inputs, node: () => ({}) });
    const bound = defineNodeStack({ name: 'bound', inputs, provider: () => undefined, node: () => ({}) });
    expect(free.batchKey({ region: 'a' })).toBe(free.batchKey({ region: 'b' }));
    expect(bound.batchKey({ region: 'a' })).not.toBe(bound.batchKey({ region: 'b' }));
    expect(bound.batchKey({ region: 'a' })).toBe(bound.batchKey({ region: 'a' }));
  });

  it('may bring an inventory, which knows the types of its inputs', async () => {
    class Cloud {
      readonly names = ['cloud'];
      place = ({ region }: { region: string }) => region.toLowerCase();
      async open(place: string): Promise<Inventory> {
        const name = `${this.names[0]}-${place}`;
        return { name, settleMs: 0, list: async () => [], destroy: async () => undefined };
      }
    }
    const { inventory } = defineNodeStack({
      name: 'my-node',
      inputs,
      node: () => ({}),
      inventory: new Cloud(),
    });
    expect(inventory?.place({ region: 'Here' })).toBe('here');
    const context = { fleet: 'f', dataDir: '/d', nodes: '/d/nodes', env: {} };
    expect((await inventory?.open('here', context, {}))?.name).toBe('cloud-here');
    expect(defineNodeStack({ name: 'bare', inputs, node: () => ({}) }).inventory).toBeUndefined();
  });

  it('keeps cross-field rules when it makes its object strict', () => {
    const stack = defineNodeStack({
      name: 'ruled',
      inputs: inputs.refine(({ region }) => region !== 'nowhere', 'is nowhere'),
      node: () => ({}),
    });
    expect(stack.inputs.safeParse({ region: 'nowhere' }).success).toBe(false);
    expect(stack.inputs.safeParse({ region: 'here', more: 1 }).success).toBe(false);
    expect(stack.inputs.safeParse({ region: 'here' }).success).toBe(true);
  });

  it.each<[string, object, string]>([
    ['no name', { name: undefined }, '`name`'],
    ['a name with a slash', { name: 'a/b' }, '`name`'],
    ['a name in capitals', { name: 'Mine' }, '`name`'],
    ['inputs that are no object', { inputs: z.string() }, '`inputs`'],
    ['inputs that are no schema', { inputs: { region: 'text' } }, '`inputs`'],
    ['no node', { node: undefined }, '`node`'],
    ['a provider that is no function', { provider: {} }, '`provider`'],
    ['a batch key that is no function', { batchKey: 'region' }, '`batchKey`'],
    ['an inventory without a place', { inventory: { open: () => undefined } }, '`inventory`'],
    ['an inventory that is no object', { inventory: 'aws' }, '`inventory`'],
    [
      'places that are no list',
      { inventory: { place: () => 'x', open: () => undefined, always: 'x' } },
      '`inventory`',
    ],
    ['sensitive outputs that are no names', { sensitiveOutputs: ['a b'] }, '`sensitiveOutputs`'],
  ])('is refused with %s', (_what, change, named) => {
    const definition = { name: 'mine', inputs, node: () => ({}), ...change } as never;
    expect(() => defineNodeStack(definition)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) }),
    );
  });

  it('is refused with every problem at once', () => {
    try {
      defineNodeStack({} as never);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(NodeyardError);
      for (const part of ['`name`', '`inputs`', '`node`']) expect(String(error)).toContain(part);
    }
  });
});
