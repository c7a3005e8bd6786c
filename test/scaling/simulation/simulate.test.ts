/** What comes of rules and loads that somebody knows the answer to, and what must hold whatever comes. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GroupConfig, type GroupConfigInput, groupConfigSchema } from '../../../src/groups/config.js';
import { parseCurves } from '../../../src/scaling/simulation/curve.js';
import type { RoleOutcome, SimulationOutcome } from '../../../src/scaling/simulation/outcome.js';
import { SIMULATION_DEFAULTS, type SimulationSettings } from '../../../src/scaling/simulation/settings.js';
import { simulate } from '../../../src/scaling/simulation/simulate.js';

type Role = GroupConfigInput['roles'][string];
const groupOf = (role: Partial<Role>, more: Partial<GroupConfigInput> = {}): GroupConfig =>
  groupConfigSchema.parse({
    name: 'media',
    stack: 'local-node',
    roles: { edge: { max: 10, ...role } },
    ...more,
  });
const played = (
  role: Partial<Role>,
  csv: string,
  settings: Partial<SimulationSettings> = {},
): RoleOutcome => {
  const outcome = simulate(groupOf(role), parseCurves(csv), { ...SIMULATION_DEFAULTS, ...settings });
  return outcome.roles[0] as RoleOutcome;
};
const MINUTE = 60_000;
const RULES = {
  min: 1,
  max: 8,
  outExpression: 'avg(connections) > 100',
  inExpression: 'avg(connections) < 40',
};
const STEP = 'time,load\n0,50\n10m,50\n10m,500\n40m,500\n40m,20\n2h,20\n';
const sampleAt = ({ samples }: RoleOutcome, at: number) => samples.findLast((sample) => sample.at <= at);

describe('a step of the load', () => {
  it('makes the role grow one cool-down after the other, and stay where the rule is false', () => {
    const role = played(RULES, STEP);
    const grown = role.deeds.filter((deed) => deed.do === 'create').map(({ at }) => at);
    expect(grown[0]).toBe(10 * MINUTE);
    // Five bear 500 by a hundred each.
    expect(role.totals.created).toBe(4);
    for (const [index, at] of grown.slice(1).entries())
      expect(at - (grown[index] ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect(sampleAt(role, 39 * MINUTE)).toMatchObject({ serving: 5, coming: 0, draining: 0 });
  });

  it('drains it again when the load is gone, and it ends at min with nobody cut off who leaves in time', () => {
    const role = played({ ...RULES, drain: { softLimit: '30m' } }, STEP, { visit: 120_000 });
    expect(role.samples.at(-1)).toMatchObject({ serving: 1, coming: 0, draining: 0, ending: 0, failed: 0 });
    expect(role.totals).toMatchObject({ created: 4, destroyed: 4, cut: 0, peak: 5 });
    const kinds = role.deeds.map((deed) => deed.do);
    expect(kinds.filter((kind) => kind === 'sunset')).toHaveLength(4);
  });

  it('cuts off those who stay beyond the limits of the drain', () => {
    const role = played({ ...RULES, drain: { softLimit: '1m' } }, STEP, { visit: 1_800_000 });
    expect(role.totals.cut).toBeGreaterThan(0);
  });

  it('shows who found no node while nodes are at their limit', () => {
    const role = played({ ...RULES, capacityLimit: 150 }, STEP);
    expect(sampleAt(role, 10 * MINUTE)?.unserved).toBe(350);
    expect(sampleAt(role, 39 * MINUTE)?.unserved).toBe(0);
    expect(role.totals.unservedHours).toBeGreaterThan(0);
  });

  it('shows a limit that keeps a rule from ever being true', () => {
    const role = played({ ...RULES, capacityLimit: 100 }, STEP);
    expect(role.totals.created).toBe(0);
    expect(sampleAt(role, 39 * MINUTE)?.unserved).toBe(400);
  });

  it('makes roles rank and decide by numbers of their own', () => {
    const rules = {
      ...RULES,
      outExpression: 'avg(cpu) > 50',
      inExpression: 'avg(cpu) < 10',
      capacityRanking: 'cpu',
    };
    expect(played(rules, STEP, { metrics: { cpu: 'connections / 2' } }).totals.created).toBe(4);
    expect(played(rules, STEP).totals.created).toBe(0);
  });
});

describe('creates that fail', () => {
  it('stop the growth for a while, and the FAILED nodes go', () => {
    const role = played({ ...RULES, min: 3 }, STEP, { failRate: 1 });
    // Three were there at first, so min is held; what the load asks for fails again and again, with growing pauses.
    expect(role.totals.failed).toBe(role.totals.created);
    expect(role.totals.created).toBeLessThan(12);
    expect(role.totals.destroyed).toBeGreaterThan(0);
    expect(role.samples.at(-1)).toMatchObject({ failed: 0 });
  });
});

describe('an image that is broken for a whole day', () => {
  it('costs a few machines and then one an hour, not an endless stream', () => {
    const { totals, deeds } = played({ ...RULES, min: 1 }, 'time,load\n0,50\n10m,500\n24h,500\n', {
      failRate: 1,
      every: 30_000,
    });
    expect(totals.failed).toBe(totals.created);
    expect(totals.created).toBeGreaterThan(20);
    expect(totals.created).toBeLessThan(35);
    const late = deeds.filter(({ at }) => at >= 22 * 60 * MINUTE && at < 23 * 60 * MINUTE);
    expect(late.filter((deed) => deed.do === 'create').length).toBeLessThanOrEqual(1);
  });
});

describe('a load that does not change', () => {
  it('comes to rest, whatever it is and however the rules overlap', () => {
    const rule = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(fc.nat(1_500), rule, rule, fc.integer({ min: 1, max: 4 }), (load, out, into, increment) => {
        const { samples } = played(
          {
            min: 1,
            max: 12,
            increment,
            outExpression: `avg(connections) > ${out}`,
            inExpression: `avg(connections) < ${into}`,
            coolDown: { out: '1m', in: '1m' },
            drain: { softLimit: '2m', hardLimit: '1m' },
          },
          `time,load\n0,${load}\n4h,${load}\n`,
          { every: 30_000, createTime: 60_000 },
        );
        const settled = samples.slice(-Math.floor(samples.length / 4)).map(({ serving }) => serving);
        expect(new Set(settled).size, settled.join(' ')).toBe(1);
      }),
      { numRuns: 25 },
    );
  });
});

describe('what is reckoned', () => {
  it('counts the hours of all nodes, also of those that come and go', () => {
    const role = played({ min: 2, max: 2 }, 'time,load\n0,1\n3h,1\n');
    expect(role.totals).toMatchObject({ created: 0, destroyed: 0, peak: 2, cut: 0, unservedHours: 0 });
    expect(role.totals.nodeHours).toBeCloseTo(6, 5);
  });

  it('leaves a paused group and a MANUAL role as they are, and says so', () => {
    const curves = parseCurves('time,load\n0,1\n1h,1\n');
    const paused = simulate(groupOf({ min: 2 }, { isScalingPaused: true }), curves, SIMULATION_DEFAULTS);
    expect(paused.roles).toMatchObject([{ handOnly: 'paused', deeds: [], totals: { nodeHours: 0 } }]);
    const manual = simulate(groupOf({ min: 2, lifecycle: 'MANUAL' }), curves, SIMULATION_DEFAULTS);
    expect(manual.roles).toMatchObject([{ handOnly: 'manual', deeds: [] }]);
  });

  it('asks for a column where the load could be that of several roles, and refuses roles that are not there', () => {
    const two = groupOf({}, { roles: { edge: { max: 1 }, origin: { max: 1 } } });
    expect(() => simulate(two, parseCurves('time,load\n0,1\n'), SIMULATION_DEFAULTS)).toThrow('edge, origin');
    expect(() => simulate(two, parseCurves('time,load,role\n0,1,hedge\n'), SIMULATION_DEFAULTS)).toThrow(
      '"hedge"',
    );
    const each = simulate(two, parseCurves('time,load,role\n0,1,edge\n1h,9,origin\n'), SIMULATION_DEFAULTS);
    expect(each.roles.map(({ role, samples }) => [role, samples.at(-1)?.load])).toEqual([
      ['edge', 1],
      ['origin', 9],
    ]);
  });

  it('refuses a curve of more looks than anybody waits for', () => {
    const long = parseCurves('time,load\n0,1\n365d,1\n');
    expect(() => simulate(groupOf({}), long, SIMULATION_DEFAULTS)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'time' }) as Error,
    );
  });
});

describe('whatever the load and the luck', () => {
  const loads = fc.array(
    fc.record({ minutes: fc.integer({ min: 0, max: 20 }), load: fc.integer({ min: 0, max: 2_000 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  const world = fc.record({
    seed: fc.nat(),
    failRate: fc.constantFrom(0, 0.2, 1),
    createTime: fc.constantFrom(1, 30_000, 400_000),
    visit: fc.constantFrom(null, 30_000, 600_000),
    every: fc.constantFrom(4_000, 30_000),
  });
  const rules = fc.record({
    min: fc.integer({ min: 0, max: 4 }),
    more: fc.integer({ min: 0, max: 8 }),
    increment: fc.integer({ min: 1, max: 12 }),
    limit: fc.constantFrom(null, 100),
  });
  const playAny = (
    points: readonly { readonly minutes: number; readonly load: number }[],
    settings: Partial<SimulationSettings>,
    { min, more, increment, limit }: { min: number; more: number; increment: number; limit: number | null },
  ): SimulationOutcome => {
    let at = 0;
    const lines = points.map(({ minutes, load }) => {
      at += minutes;
      return `${at}m,${load}`;
    });
    const role = { ...RULES, min, max: min + more, increment, capacityLimit: limit };
    const csv = ['time,load', ...lines, `${at + 10}m,0`].join('\n');
    return simulate(groupOf(role), parseCurves(csv), { ...SIMULATION_DEFAULTS, ...settings });
  };

  it('there are never more than max that serve or will, and never fewer than min when all creates go well', () => {
    fc.assert(
      fc.property(loads, world, rules, (points, settings, bounds) => {
        const [role] = playAny(points, settings, bounds).roles;
        for (const { serving, coming, load, unserved } of role?.samples ?? []) {
          expect(serving + coming).toBeLessThanOrEqual(bounds.min + bounds.more);
          if (settings.failRate === 0) expect(serving + coming).toBeGreaterThanOrEqual(bounds.min);
          expect(unserved).toBeGreaterThanOrEqual(0);
          expect(unserved).toBeLessThanOrEqual(load);
        }
        const { created = 0, failed = 0, destroyed = 0 } = role?.totals ?? {};
        expect(failed).toBeLessThanOrEqual(created);
        expect(destroyed).toBeLessThanOrEqual(created + bounds.min);
      }),
      { numRuns: 60 },
    );
  });

  it('the same seed plays the same game, and another one another', () => {
    fc.assert(
      fc.property(loads, world, rules, (points, settings, bounds) => {
        expect(playAny(points, settings, bounds)).toEqual(playAny(points, settings, bounds));
      }),
      { numRuns: 20 },
    );
    const game = (seed: number) => played({ ...RULES, min: 2 }, STEP, { failRate: 0.5, seed }).deeds;
    expect(game(1)).not.toEqual(game(2));
  });
});
