/** What is decided about a role, and what is said of it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NODE_STATES } from '../../src/node/lifecycle.js';
import { sizeOf } from '../../src/scaling/census.js';
import { decide } from '../../src/scaling/decide.js';
import type { SeenNode } from '../../src/scaling/seen.js';
import { brief, decided, HOUR, MINUTE, NOW, node, SECOND, seenRole, well, wrong } from './support.js';

const out = 'avg(connections) > 100';
const inn = 'avg(connections) < 20';

describe('a role below its min', () => {
  it('grows to it at once, whatever the expressions and the cool-down say', () => {
    const decision = decided(
      { min: 5, inExpression: '1 < 2' },
      { nodes: [node('a')], memory: { step: 1, grewAt: NOW } },
    );
    expect(brief(decision)).toEqual(['create 4']);
    expect(decision).toMatchObject({ size: 1, desired: 5, step: 'out' });
    expect(decision.why).toEqual(['1 of 5 to 10: 1 in service, 0 on the way', 'min is 5']);
  });

  it('counts the nodes that are on their way', () => {
    const states = ['REQUESTED', 'CREATING', 'CREATED', 'STARTED'] as const;
    expect(brief(decided({ min: 4 }, { nodes: states.map((state) => node(state, { state })) }))).toEqual([]);
  });

  it('counts neither those that leave nor those that have FAILED', () => {
    const states = ['SOFT_SUNSET', 'HARD_SUNSET', 'DESTRUCTION_REQUESTED', 'DESTROYING', 'FAILED'] as const;
    const nodes = states.map((state) => node(state, { state, since: NOW }));
    expect(brief(decided({ min: 2 }, { nodes }))).toEqual(['create 2']);
  });

  it('grows by at most a hundred in one look', () => {
    expect(brief(decided({ min: 1_000, max: 1_000 }))).toEqual(['create 100']);
  });
});

describe('a role above its max', () => {
  it('ends first what serves nobody yet, the newest of it, then drains the least loaded', () => {
    const nodes = [
      node('busy', { connections: 9 }),
      node('idle', { connections: 0 }),
      node('old', { state: 'CREATING', createdAt: NOW - 2 }),
      node('new', { state: 'REQUESTED', createdAt: NOW - 1 }),
    ];
    const decision = decided({ max: 1 }, { nodes });
    expect(brief(decision)).toEqual(['destroy new', 'destroy old', 'sunset idle']);
    expect(decision).toMatchObject({ desired: 1, step: 'in' });
  });
});

describe('a role that is asked to grow', () => {
  const full = [node('a', { connections: 200 }), node('b', { connections: 150 })];

  it('grows by its increment, and not beyond its max', () => {
    expect(brief(decided({ increment: 3, outExpression: out }, { nodes: full }))).toEqual(['create 3']);
    expect(brief(decided({ increment: 3, max: 4, outExpression: out }, { nodes: full }))).toEqual([
      'create 2',
    ]);
    const stays = decided({ max: 2, outExpression: out }, { nodes: full });
    expect(brief(stays)).toEqual([]);
    expect(stays.why).toEqual([
      '2 of 0 to 2: 2 in service, 0 on the way',
      'avg(connections) > 100 is true over 2 nodes in service',
      'max is 2',
    ]);
  });

  it('waits for its cool-down, and says how long', () => {
    const settings = { outExpression: out, coolDown: { out: '2m' } };
    const cooling = decided(settings, { nodes: full, memory: { step: 1, grewAt: NOW - 30 * SECOND } });
    expect(brief(cooling)).toEqual([]);
    expect(cooling.why.at(-1)).toBe('it grew; the next step in 1m');
    expect(brief(decided(settings, { nodes: full, memory: { step: 1, grewAt: NOW - 2 * MINUTE } }))).toEqual([
      'create 1',
    ]);
  });

  it('waits for those that are on their way where these will suffice', () => {
    const coming = ['x', 'y'].map((id) => node(id, { state: 'CREATING' }));
    const waits = decided({ outExpression: out }, { nodes: [...full, ...coming] });
    expect(brief(waits)).toEqual([]);
    expect(waits.why.at(-1)).toBe(
      'avg(connections) > 100 is true over 2 nodes in service, but not with the 2 nodes that will take their part soon',
    );
    expect(brief(decided({ outExpression: out }, { nodes: [...full, ...coming.slice(1)] }))).toEqual([
      'create 1',
    ]);
  });

  it('does not ask those for their load that have just begun to serve', () => {
    const fresh = node('c', { connections: 0, since: NOW - 59 * SECOND });
    expect(brief(decided({ outExpression: 'avg(connections) > 150' }, { nodes: [...full, fresh] }))).toEqual(
      [],
    );
    expect(
      decided({ outExpression: 'avg(connections) > 150' }, { nodes: [...full, fresh] }).why.at(-1),
    ).toContain('true over 2 nodes in service, but not with the 1 node that');
  });

  it('grows where both expressions are true', () => {
    expect(brief(decided({ outExpression: out, inExpression: '1 < 2' }, { nodes: full }))).toEqual([
      'create 1',
    ]);
  });

  it('stays where nobody reports what it asks for', () => {
    const decision = decided(
      { outExpression: 'avg(gpu) > 1', inExpression: 'avg(gpu) < 0.1' },
      { nodes: full },
    );
    expect(brief(decision)).toEqual([]);
    expect(decision.why.at(-1)).toBe(
      'nothing is known of avg(gpu) > 1 and avg(gpu) < 0.1: over 2 nodes in service, none reports it',
    );
  });
});

describe('a role that is asked to shrink', () => {
  const idle = [
    node('a', { connections: 5 }),
    node('b', { connections: 3 }),
    node('c', { connections: 4 }),
    node('d'),
  ];

  it('drains its least loaded nodes, and those last of whom nothing is known', () => {
    expect(brief(decided({ inExpression: inn, increment: 2 }, { nodes: idle }))).toEqual([
      'sunset b',
      'sunset c',
    ]);
    expect(brief(decided({ inExpression: inn, increment: 9 }, { nodes: idle }))).toEqual(
      ['b', 'c', 'a'].map((id) => `sunset ${id}`),
    );
  });

  it('takes the ranking of the role, and the oldest of equals', () => {
    const nodes = [
      node('young', { load: { connections: 1, metrics: { cpu: 0.5 } }, createdAt: NOW - 1 }),
      node('old', { load: { connections: 2, metrics: { cpu: 0.5 } }, createdAt: NOW - 2 }),
      node('hot', { load: { connections: 0, metrics: { cpu: 0.9 } } }),
    ];
    expect(brief(decided({ inExpression: inn, capacityRanking: 'cpu' }, { nodes }))).toEqual(['sunset old']);
  });

  it('keeps a node without which it would have to grow again at once, those that drain taken into account', () => {
    const settings = { inExpression: 'avg(connections) < 60', outExpression: out, increment: 3 };
    const three = ['a', 'b', 'c'].map((id) => node(id, { connections: 50 }));
    // 150 over 2 is 75, over 1 it is 150.
    expect(brief(decided(settings, { nodes: three }))).toEqual(['sunset a']);
    const stays = decided(settings, { nodes: three.slice(1) });
    expect(brief(stays)).toEqual(['sunset b']);
    const busier = ['a', 'b'].map((id) => node(id, { connections: 55 }));
    expect(brief(decided(settings, { nodes: busier }))).toEqual([]);
    expect(decided(settings, { nodes: busier }).why.at(-1)).toBe(
      'avg(connections) < 60 is true over 2 nodes in service, but with one node less avg(connections) > 100 would be as well',
    );
    const draining = node('x', { state: 'SOFT_SUNSET', since: NOW, connections: 90 });
    expect(brief(decided(settings, { nodes: [...three, draining] }))).toEqual([]);
  });

  it('comes to rest at a load that does not change, whatever the load', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (load, begin, increment) => {
          let size = begin;
          const sizes = [size];
          for (let look = 0; look < 60; look += 1) {
            const nodes = Array.from({ length: size }, (_, index) =>
              node(`n${index}`, { connections: load / size }),
            );
            const settings = {
              min: 1,
              max: 20,
              increment,
              outExpression: out,
              inExpression: 'avg(connections) < 95',
            };
            size = decided(settings, { nodes }).desired;
            sizes.push(size);
          }
          expect(new Set(sizes.slice(-20)).size, sizes.join(' ')).toBe(1);
        },
      ),
    );
  });

  it('never goes below its min', () => {
    expect(brief(decided({ inExpression: inn, min: 3, increment: 2 }, { nodes: idle }))).toEqual([
      'sunset b',
    ]);
    expect(decided({ inExpression: inn, min: 4 }, { nodes: idle }).why.at(-1)).toBe(
      'avg(connections) < 20 is true over 4 nodes in service; min is 4',
    );
  });

  it('waits for its cool-down after a step in either direction', () => {
    for (const memory of [{ grewAt: NOW - MINUTE }, { shrankAt: NOW - MINUTE }]) {
      const decision = decided({ inExpression: inn }, { nodes: idle, memory: { step: 1, ...memory } });
      expect(brief(decision)).toEqual([]);
      expect(decision.why.at(-1)).toBe('it has just changed; the next step in 4m');
    }
  });

  it('waits for those that are on their way or have just begun', () => {
    expect(
      brief(decided({ inExpression: inn }, { nodes: [...idle, node('x', { state: 'CREATING' })] })),
    ).toEqual([]);
    expect(brief(decided({ inExpression: inn }, { nodes: [...idle, node('x', { since: NOW })] }))).toEqual(
      [],
    );
  });
});

describe('creates that fail', () => {
  const policy = { min: 3, failurePolicy: { window: 4, failures: 2, pause: '1m', maxPause: '10m' } };
  const below = (outcomes: Parameters<typeof seenRole>[1] & object) => decided(policy, outcomes);

  it('stop the growth once there are too many among the newest', () => {
    expect(brief(below({ outcomes: [wrong(1), well(2), well(3)] }))).toEqual(['create 3']);
    const stopped = below({ outcomes: [wrong(10 * SECOND), wrong(20 * SECOND), well(HOUR)] });
    expect(brief(stopped)).toEqual([]);
    expect(stopped.why.at(-1)).toBe('2 of the newest 3 creates failed; the next try in 50s');
  });

  it('let one node at a time be tried after the pause', () => {
    const outcomes = [wrong(MINUTE), wrong(2 * MINUTE)];
    expect(brief(below({ outcomes }))).toEqual(['create 1']);
    const tried = below({ outcomes, nodes: [node('x', { state: 'CREATING' })] });
    expect(brief(tried)).toEqual([]);
    expect(tried.why.at(-1)).toBe(
      '2 of the newest 2 creates failed; one node is tried at a time, and one is on the way',
    );
  });

  it('lengthen the pause with every one in a row, up to its bound', () => {
    const row = (length: number) => Array.from({ length }, (_, index) => wrong(index));
    const pauses = [2, 3, 4, 5, 6, 60].map((length) => {
      const { breaker } = below({ outcomes: row(length) });
      return breaker.is === 'open' ? (breaker.until - NOW) / MINUTE : breaker.is;
    });
    expect(pauses).toEqual([1, 2, 4, 8, 10, 10]);
  });

  it('are forgotten by and by as others go well', () => {
    expect(brief(below({ outcomes: [well(1), wrong(2), wrong(3), wrong(4)] }))).toEqual(['create 1']);
    expect(brief(below({ outcomes: [well(0), well(1), wrong(2), wrong(3), wrong(4)] }))).toEqual([
      'create 1',
    ]);
    expect(brief(below({ outcomes: [well(0), well(0), well(1), wrong(2), wrong(3)] }))).toEqual(['create 3']);
  });

  it('stop no end', () => {
    const outcomes = [wrong(1), wrong(2)];
    const nodes = [node('a'), node('b'), node('x', { state: 'SOFT_SUNSET', since: 0 })];
    expect(brief(decided({ max: 1 }, { outcomes, nodes }))).toEqual(['drive-out x', 'sunset a']);
  });
});

describe('a clock that has jumped back', () => {
  const ahead = NOW + HOUR;

  it('holds no growth up, and tries one node where creates had failed', () => {
    const full = [node('a', { connections: 200, since: ahead })];
    const grown = { step: 3, grewAt: ahead, shrankAt: ahead };
    expect(brief(decided({ outExpression: out }, { nodes: full, memory: grown }))).toEqual(['create 1']);
    const outcomes = [wrong(-HOUR), wrong(-HOUR)];
    expect(brief(decided({ min: 3 }, { outcomes }))).toEqual(['create 1']);
  });

  it('holds no shrinking up', () => {
    const nodes = ['a', 'b'].map((id) => node(id, { connections: 0, since: ahead }));
    const memory = { step: 1, grewAt: ahead };
    expect(brief(decided({ min: 1, inExpression: inn }, { nodes, memory }))).toEqual(['sunset a']);
  });
});

describe('a FAILED node', () => {
  const failed = (id: string, agoMs: number, seen: Partial<SeenNode> = {}) =>
    node(id, { state: 'FAILED', since: NOW - agoMs, failed: 'create', ...seen });

  it('is destroyed after its time', () => {
    expect(brief(decided({}, { nodes: [failed('a', 5 * MINUTE), failed('b', 4 * MINUTE)] }))).toEqual([
      'destroy a',
    ]);
  });

  it('stays where the policy says so', () => {
    expect(brief(decided({ failurePolicy: { removeAfter: null } }, { nodes: [failed('a', HOUR)] }))).toEqual(
      [],
    );
  });

  it('whose destruction was asked for is left to the reconciler', () => {
    expect(brief(decided({}, { nodes: [failed('a', HOUR, { failed: 'destroy', doomed: true })] }))).toEqual(
      [],
    );
  });
});

describe('a role that is left to hands', () => {
  it.each(['paused', 'manual'] as const)('because it is %s changes nothing by itself', (handOnly) => {
    const nodes = [
      node('a', { state: 'SOFT_SUNSET', since: 0 }),
      node('b', { state: 'FAILED', since: 0 }),
      node('c'),
    ];
    const decision = decided({ min: 5, max: 5 }, { handOnly, nodes });
    expect(decision).toMatchObject({ acts: [], size: 1, desired: 1 });
    expect(decision.step).toBeUndefined();
    expect(decision.why.join()).toContain('nothing is done by itself');
  });
});

describe('every decision', () => {
  const seen = fc.record({
    state: fc.constantFrom(...NODE_STATES.filter((state) => state !== 'DESTROYED')),
    // Also ahead, as after a jump of the clock.
    since: fc.integer({ min: NOW - HOUR, max: NOW + HOUR }),
    createdAt: fc.integer({ min: NOW - 2 * HOUR, max: NOW - HOUR }),
    doomed: fc.boolean(),
    connections: fc.option(fc.nat(300), { nil: undefined }),
  });
  const role = fc
    .record({
      nodes: fc.array(seen, { maxLength: 30 }),
      min: fc.nat(10),
      span: fc.nat(10),
      increment: fc.integer({ min: 1, max: 5 }),
      grew: fc.option(fc.integer({ min: -HOUR, max: 2 * MINUTE }), { nil: undefined }),
      outcomes: fc.array(fc.record({ went: fc.constantFrom('well', 'wrong'), ago: fc.nat(HOUR) }), {
        maxLength: 6,
      }),
    })
    .map(({ nodes, min, span, increment, grew, outcomes }) =>
      seenRole(
        { min, max: min + span, increment, outExpression: out, inExpression: inn },
        {
          nodes: nodes.map(({ connections, ...each }, index) =>
            node(`n${index}`, { ...each, ...(connections === undefined ? {} : { connections }) }),
          ),
          memory: { step: 0, ...(grew === undefined ? {} : { grewAt: NOW - grew }) },
          outcomes: outcomes.map(({ went, ago }, index) => ({ nodeId: `o${index}`, went, at: NOW - ago })),
        },
      ),
    );

  it('keeps to the limits, ends no node twice, and touches none whose end is asked for', () => {
    fc.assert(
      fc.property(role, (given) => {
        const decision = decide(given);
        const { min, max, increment } = given.config;
        const made = decision.acts
          .flatMap((act) => (act.do === 'create' ? [act.count] : []))
          .reduce((a, b) => a + b, 0);
        const ended = decision.acts.flatMap((act) => (act.do === 'create' ? [] : [act.node]));
        expect(new Set(ended).size).toBe(ended.length);
        expect(ended.filter(({ doomed }) => doomed)).toEqual([]);
        const live = ended.filter((each) =>
          [...decision.census.coming, ...decision.census.serving].includes(each),
        );
        expect(sizeOf(decision.census) + made - live.length).toBe(decision.desired);
        expect(made * live.length).toBe(0);
        if (made > 0) expect(decision.desired).toBeLessThanOrEqual(Math.max(max, min));
        if (live.length > 0) expect(decision.desired).toBeGreaterThanOrEqual(min);
        if (decision.size >= min && decision.size <= max)
          expect(made + live.length).toBeLessThanOrEqual(increment);
        expect(decision.step !== undefined).toBe(made + live.length > 0);
      }),
    );
  });

  it('is the same for the same, in whatever order the nodes are seen', () => {
    fc.assert(
      fc.property(role, (given) => {
        expect(brief(decide({ ...given, nodes: [...given.nodes].reverse() })).toSorted()).toEqual(
          brief(decide(given)).toSorted(),
        );
      }),
    );
  });
});
