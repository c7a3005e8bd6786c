/** How a node leaves. */
import { describe, expect, it } from 'vitest';
import { leavingOf } from '../../src/scaling/drain.js';
import { MINUTE, NOW, node, roleConfig, SECOND } from './support.js';

const config = roleConfig({ drain: { softLimit: '10m', hardLimit: '1m' } });
const leaving = (...seen: Parameters<typeof node>) => {
  const { node: _, ...told } = leavingOf(config, node(...seen), NOW);
  return told;
};

describe.each([
  ['SOFT_SUNSET', 'drive-out', 10 * MINUTE, '10m'],
  ['HARD_SUNSET', 'destroy', MINUTE, '1m'],
] as const)('a node in %s', (state, step, limit, words) => {
  it('goes on once it says that nobody is left', () => {
    expect(leaving('a', { state, since: NOW - SECOND, connections: 0 })).toEqual({
      do: step,
      why: 'nothing is left on it',
    });
  });

  it('is not taken at a word that it gave before', () => {
    expect(leaving('a', { state, since: NOW, connections: 0, heardAt: NOW - 1 })).toMatchObject({
      do: 'wait',
    });
  });

  it('waits while somebody is on it, and says how long', () => {
    expect(leaving('a', { state, since: NOW - limit + 30 * SECOND, connections: 2 })).toEqual({
      do: 'wait',
      why: '2 clients; 30s left',
      until: NOW + 30 * SECOND,
    });
    expect(leaving('a', { state, since: NOW - limit + 1, connections: 1 })).toMatchObject({ do: 'wait' });
  });

  it('goes on at its limit, whoever is on it', () => {
    expect(leaving('a', { state, since: NOW - limit, connections: 1 })).toEqual({
      do: step,
      why: `its ${words} are over, with 1 client`,
    });
  });

  it('does not wait for a clock that has jumped back', () => {
    expect(leaving('a', { state, since: NOW + 10 * MINUTE, connections: 1 })).toMatchObject({ do: step });
    expect(leaving('a', { state, since: NOW + SECOND, connections: 1 })).toMatchObject({ do: 'wait' });
  });

  it('that does not say what is on it has until its limit', () => {
    expect(leaving('a', { state, since: NOW - limit + SECOND })).toMatchObject({
      do: 'wait',
      why: 'nothing is known of its clients; 1s left',
    });
    expect(leaving('a', { state, since: NOW - limit })).toEqual({ do: step, why: `its ${words} are over` });
  });
});
