/** How the newest creates of a role ended. */
import { expect, it } from 'vitest';
import type { Outcome } from '../../src/groups/outcomes.js';
import { createRedisOutcomes } from '../../src/groups/redis-outcomes.js';
import { useStore } from '../store/support.js';

const fixture = useStore({ sound: false });
const outcomes = () => createRedisOutcomes(fixture);
const outcome = (nodeId: string, went: Outcome['went'], at: number): Outcome => ({ nodeId, went, at });

it('are told newest first, of one role alone, and once however often they are noted', async () => {
  const [a, b] = [outcome('a', 'well', 1), outcome('b', 'wrong', 2)];
  await outcomes().note('media', 'edge', [a, b]);
  await outcomes().note('media', 'edge', [{ ...a, at: 9 }]);
  await outcomes().note('media', 'origin', [outcome('c', 'wrong', 3)]);
  expect(await outcomes().newest('media', 'edge')).toEqual([b, a]);
  await outcomes().forget('media', 'edge');
  expect(await outcomes().newest('media', 'edge')).toEqual([]);
  expect(await outcomes().newest('media', 'origin')).toHaveLength(1);
});

it('what went well after all is not wrong any more', async () => {
  await outcomes().note('media', 'edge', [outcome('a', 'wrong', 1)]);
  await outcomes().note('media', 'edge', [outcome('a', 'well', 5)]);
  expect(await outcomes().newest('media', 'edge')).toEqual([outcome('a', 'well', 5)]);
});

it('only the newest hundred are kept', async () => {
  await outcomes().note(
    'media',
    'edge',
    Array.from({ length: 150 }, (_, index) => outcome(`n${index}`, 'well', index)),
  );
  const kept = await outcomes().newest('media', 'edge');
  expect(kept).toHaveLength(100);
  expect([kept[0]?.at, kept.at(-1)?.at]).toEqual([149, 50]);
});
