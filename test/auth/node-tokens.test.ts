import { beforeEach, describe, expect, it } from 'vitest';
import { createNodeTokens, type NodeTokens } from '../../src/auth/node-tokens.js';
import { createRedactor } from '../../src/log.js';
import { nodeAt, useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
let tokens: NodeTokens;
beforeEach(() => {
  tokens = createNodeTokens({ redis: fixture.redis });
});

describe('the token of a node', () => {
  it('is the same text in every process, however often it is asked for', async () => {
    const node = await nodeAt(fixture.store, 'REQUESTED');
    const other = createNodeTokens({ redis: fixture.redis });
    const [first, second, third] = await Promise.all([
      tokens.tokenOf(node),
      other.tokenOf(node),
      tokens.tokenOf(node),
    ]);
    expect(first).toMatch(/^nyn_.+_[A-Za-z0-9_-]{43}$/);
    expect([second, third]).toEqual([first, first]);
  });

  it('is known as that node’s, whatever its id looks like', async () => {
    for (const id of ['a', 'edge-1', 'a_b', 'x'.repeat(63), `a_${'B'.repeat(43)}`]) {
      const node = await nodeAt(fixture.store, 'INSERVICE', { id });
      expect(await tokens.nodeOf(await tokens.tokenOf(node))).toBe(id);
    }
  });

  it('is worth nothing for another node, nor with a letter changed, added or left out', async () => {
    const one = await nodeAt(fixture.store, 'INSERVICE');
    const two = await nodeAt(fixture.store, 'INSERVICE');
    const token = await tokens.tokenOf(one);
    const signature = token.slice(-43);
    const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    // The last letter of 43 holds two bits that no byte has: four texts for one signature.
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = last[last.indexOf(signature.slice(-1)) ^ 1] ?? '';
    for (const wrong of [
      `nyn_${two.id}_${signature}`,
      `nyn_${one.id}_${flipped}`,
      `nyn_${one.id}_${signature.slice(0, -1)}${twin}`,
      `${token}A`,
      token.slice(0, -1),
      `nyn_nobody_${signature}`,
      `nyn_${one.id}`,
      `nyn_../${one.id}_${signature}`,
      '',
    ]) {
      expect(await tokens.nodeOf(wrong), wrong).toBeUndefined();
    }
  });

  it('dies with its node, and another node of the same id has another', async () => {
    const { store } = fixture;
    const node = await nodeAt(store, 'DESTROYING', { id: 'again' });
    const token = await tokens.tokenOf(node);
    expect(await tokens.nodeOf(token)).toBe('again');
    await store.transition('again', { to: 'DESTROYED', actor: 'terraform', epoch: node.epoch });
    expect(await tokens.nodeOf(token)).toBeUndefined();
    await store.purgeTombstones(0, 10);
    expect(await tokens.nodeOf(token)).toBeUndefined();
    fixture.now += 1;
    const next = await nodeAt(store, 'INSERVICE', { id: 'again' });
    expect(await tokens.nodeOf(token)).toBeUndefined();
    expect(await tokens.nodeOf(await tokens.tokenOf(next))).toBe('again');
  });

  it('is made by the first of the given keys and known by all of them, and by none that is not given', async () => {
    const node = await nodeAt(fixture.store, 'INSERVICE');
    const withKeys = (...keys: string[]) => createNodeTokens({ redis: fixture.redis, keys });
    const old = await withKeys('old').tokenOf(node);
    const both = withKeys('new', 'old');
    expect(await both.tokenOf(node)).not.toBe(old);
    expect(await both.nodeOf(old)).toBe(node.id);
    expect(await withKeys('new').nodeOf(old)).toBeUndefined();
    expect(await tokens.nodeOf(old)).toBeUndefined();
  });

  it('is taken out of everything that is logged', async () => {
    const node = await nodeAt(fixture.store, 'INSERVICE', { id: `${'a_long-id_'.repeat(6)}z` });
    const token = await tokens.tokenOf(node);
    expect(createRedactor([])(`the ${token} of it`)).toBe('the [redacted] of it');
  });
});
