import { describe, expect, test } from 'vitest';
import { nodeRequestSchema } from '../../src/node/request.js';
import { awsNode } from '../../stacks/aws-node.js';
import { Dice } from './dice.js';
import { type ChaosRequest, makePlan } from './plan.js';

const REQUEST: ChaosRequest = { nodes: 40, minutes: 3, workers: 3, seed: 'seven' };

describe('a plan', () => {
  test('is the same for the same seed, and is data', () => {
    const plan = makePlan(REQUEST);
    expect(makePlan(REQUEST)).toEqual(plan);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test.each(['requests', 'attacks', 'weather'] as const)('is another for another seed: %s', (part) => {
    expect(makePlan({ ...REQUEST, seed: 'eight' })[part]).not.toEqual(makePlan(REQUEST)[part]);
  });

  test('does not change its attacks with the number of nodes', () => {
    const [few, many] = [10, 200].map((nodes) => makePlan({ ...REQUEST, nodes }));
    expect(few?.attacks).toEqual(many?.attacks);
    expect(few?.weather).toEqual(many?.weather);
  });

  test('has nothing after the end of the attack', () => {
    const { attackMs, requests, attacks, weather } = makePlan(REQUEST);
    expect(attackMs).toBe(180_000);
    for (const { atMs } of [...requests, ...attacks]) expect(atMs).toBeLessThan(attackMs);
    for (const { atMs, forMs } of weather) expect(atMs + forMs).toBeLessThanOrEqual(attackMs);
  });

  test('of half a minute attacks everything that there is to attack', () => {
    for (const seed of ['1', '2', '3', 'four']) {
      const { attacks } = makePlan({ nodes: 8, minutes: 0.5, workers: 3, seed });
      const kinds = new Set(
        attacks.map(({ on }) => (['terraform', 'guard', 'provider'].includes(on) ? 'run' : on)),
      );
      expect([...kinds].sort()).toEqual(['connections', 'disk', 'redis', 'run', 'worker']);
    }
  });

  test('of ten nodes has one of each fate', () => {
    const { requests } = makePlan({ ...REQUEST, nodes: 10 });
    const fates = new Set(requests.map(({ destroy }) => destroy?.once ?? 'lives'));
    expect([...fates].sort()).toEqual(['created', 'creating', 'end', 'lives', 'requested']);
  });

  test('asks for nodes that the stack takes', () => {
    for (const { id, inputs } of makePlan({ ...REQUEST, nodes: 200 }).requests) {
      const request = { id, group: 'chaos', role: 'victim', stack: awsNode.name, inputs };
      expect(nodeRequestSchema.safeParse(request).success).toBe(true);
      expect(awsNode.inputs.safeParse(inputs).success).toBe(true);
    }
  });
});

describe('the dice', () => {
  test('a bag gives each of its things once before one comes again', () => {
    const bag = new Dice('seed', 'bag').bag(['a', 'b', 'c']);
    const drawn = Array.from({ length: 6 }, () => bag.next().value);
    expect(drawn.slice(0, 3).sort()).toEqual(['a', 'b', 'c']);
    expect(drawn.slice(3).sort()).toEqual(['a', 'b', 'c']);
  });

  test('a number lies between both ends, and reaches them', () => {
    const dice = new Dice('seed', 'numbers');
    const thrown = new Set(Array.from({ length: 200 }, () => dice.between(1, 6)));
    expect([...thrown].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
