/**
 * Plays a load against the rules of a group in virtual time: the same decisions as in production, with a clock that jumps from look to look. Equal
 * input gives equal output, for ever.
 */
import { NodeyardError } from '../../errors.js';
import type { GroupConfig } from '../../groups/config.js';
import { decide } from '../decide.js';
import type { SeenRole } from '../seen.js';
import { type Curve, type Curves, loadAt } from './curve.js';
import type { Deed, RoleOutcome, Sample, SimulationOutcome } from './outcome.js';
import { randomOf } from './random.js';
import type { SimulationSettings } from './settings.js';
import { World } from './world.js';

/** Any time that is long after the beginning of all times. */
const BEGINNING = Date.UTC(2000, 0, 1);
const MOST_LOOKS = 200_000;
const HOUR_MS = 3_600_000;

/** Throws INVALID_INPUT for a curve that fits no role, and for one that would take too many looks. */
export function simulate(
  group: GroupConfig,
  curves: Curves,
  settings: SimulationSettings,
): SimulationOutcome {
  const byRole = curvesByRole(group, curves);
  const length = Math.max(...[...curves.values()].map(({ points }) => points.at(-1)?.at ?? 0));
  const looks = Math.floor(length / settings.every) + 1;
  if (looks > MOST_LOOKS)
    throw new NodeyardError(
      'INVALID_INPUT',
      `the load goes on for ${looks} looks, more than ${MOST_LOOKS}: look less often, or leave some of it out`,
      { field: 'time' },
    );
  const roles = Object.entries(group.roles).map(([name, config], index) => {
    const handOnly = group.isScalingPaused
      ? ({ handOnly: 'paused' } as const)
      : config.lifecycle === 'MANUAL' && ({ handOnly: 'manual' } as const);
    const role = { name, config, ...(handOnly || {}) };
    // Roles do not disturb one another’s chance.
    const random = randomOf(settings.seed + index * 7_919);
    return play(role, byRole.get(name), { looks, settings, random });
  });
  return { group: group.name, seed: settings.seed, every: settings.every, length, roles };
}

function play(
  role: Pick<SeenRole, 'name' | 'config' | 'handOnly'>,
  curve: Curve | undefined,
  given: {
    readonly looks: number;
    readonly settings: SimulationSettings;
    readonly random: () => number;
  },
): RoleOutcome {
  const { looks, settings, random } = given;
  const world = new World(role, settings, random, BEGINNING);
  const samples: Sample[] = [];
  const deeds: Deed[] = [];
  let [nodeHours, unservedHours, peak] = [0, 0, 0];
  for (let look = 0; look < looks; look += 1) {
    const at = look * settings.every;
    const now = BEGINNING + at;
    world.age(now);
    const wanted = curve === undefined ? 0 : loadAt(curve, at);
    world.serve(wanted, look === 0 ? 0 : settings.every);
    const decision = decide(world.seen(now));
    world.act(decision, now);
    deeds.push(...deedsOf(decision.acts, at));
    const { coming, serving, draining, ending, failed } = decide(world.seen(now)).census;
    samples.push({
      at,
      load: Math.round(wanted),
      unserved: world.unserved,
      coming: coming.length,
      serving: serving.length,
      draining: draining.length,
      ending: ending.length,
      failed: failed.length,
    });
    peak = Math.max(peak, coming.length + serving.length);
    // What there is after a look lasts until the next one.
    if (look < looks - 1) {
      nodeHours += (world.paid * settings.every) / HOUR_MS;
      unservedHours += (world.unserved * settings.every) / HOUR_MS;
    }
  }
  const { name, handOnly, config } = role;
  const totals = { nodeHours, ...world.counts, peak, unservedHours };
  return {
    role: name,
    min: config.min,
    max: config.max,
    ...(handOnly === undefined ? {} : { handOnly }),
    samples,
    deeds,
    totals,
  };
}

/** Several nodes that go the same way for the same reason are one deed. */
function deedsOf(acts: ReturnType<typeof decide>['acts'], at: number): readonly Deed[] {
  const deeds = new Map<string, Deed>();
  for (const act of acts) {
    const key = `${act.do} ${act.why}`;
    const count = (deeds.get(key)?.count ?? 0) + (act.do === 'create' ? act.count : 1);
    deeds.set(key, { at, do: act.do, count, why: act.why });
  }
  return [...deeds.values()];
}

/** Without a column `role`, the load is that of the one role that scaling decides about. */
function curvesByRole(group: GroupConfig, curves: Curves): ReadonlyMap<string, Curve> {
  const all = Object.keys(group.roles);
  const auto = all.filter((name) => group.roles[name]?.lifecycle === 'AUTO');
  const [first, ...others] = auto.length > 0 ? auto : all;
  return new Map(
    [...curves].map(([role, curve]) => {
      if (role !== undefined && Object.hasOwn(group.roles, role)) return [role, curve];
      if (role !== undefined)
        throw wrongRole(`names the role ${JSON.stringify(role)}, and the group has ${all.join(', ')}`);
      if (first === undefined || others.length > 0)
        throw wrongRole(`has no column role, and the group has several roles: ${auto.join(', ')}`);
      return [first, curve];
    }),
  );
}

const wrongRole = (what: string): NodeyardError =>
  new NodeyardError('INVALID_INPUT', `the load ${what}`, { field: 'role' });
