/**
 * Scaling: one look at every group, level-triggered. It sees what is there, decides by the pure rules of src/scaling, and does it.
 * Nothing is remembered between two looks but the steps of each role, and these are taken by compare-and-set: any number of workers may
 * look at once, and no step is made twice.
 */
import type { Group } from '../groups/groups.js';
import { type Decision, decide } from '../scaling/decide.js';
import type { SeenRole } from '../scaling/seen.js';
import { actOn, type DoneAct } from './scaling/acts.js';
import type { ScalingParts } from './scaling/context.js';
import { type Ending, endGroup } from './scaling/ending.js';
import { surveyOf } from './scaling/survey.js';

export interface ScaleOptions {
  /** Only decides. */
  readonly dryRun?: boolean;
  /** Ends the look between two acts. */
  readonly signal?: AbortSignal;
}

export interface ScaledRole {
  /** What was decided from. */
  readonly seen: SeenRole;
  readonly decision: Decision;
  /** Empty in a dry look. */
  readonly acts: readonly DoneAct[];
}

export interface ScaledGroup {
  readonly group: Group;
  readonly roles: readonly ScaledRole[];
  /** Roles that nodes have and the group has not: what becomes of these nodes is up to people. */
  readonly foreign: readonly string[];
  /** Of a group that is being deleted. */
  readonly ending?: Ending;
}

export interface ScalingReport {
  readonly groups: readonly ScaledGroup[];
  /** Groups that could not be looked at. */
  readonly failures: readonly { readonly group: string; readonly message: string }[];
}

export async function scale(parts: ScalingParts, options: ScaleOptions = {}): Promise<ScalingReport> {
  const groups: ScaledGroup[] = [];
  const failures: { group: string; message: string }[] = [];
  let cursor: string | undefined;
  do {
    const page = await parts.groups.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    for (const name of page.unreadable ?? [])
      failures.push({ group: name, message: 'its record cannot be read' });
    for (const group of page.groups) {
      if (options.signal?.aborted === true) return { groups, failures };
      try {
        groups.push(await scaleGroup(parts, group, options));
      } catch (error) {
        // One group that cannot be looked at must not keep the others from it.
        const message = error instanceof Error ? error.message : String(error);
        parts.log.warn(
          { group: group.config.name, error: message },
          'a group could not be scaled; tried again',
        );
        failures.push({ group: group.config.name, message });
      }
    }
    ({ cursor } = page);
  } while (cursor !== undefined);
  return { groups, failures };
}

/** One group; for `explain` in a dry look. */
export async function scaleGroup(
  parts: ScalingParts,
  group: Group,
  { dryRun = false, signal }: ScaleOptions = {},
): Promise<ScaledGroup> {
  if (group.deletedAt !== undefined) {
    return { group, roles: [], foreign: [], ending: await endGroup(parts, group, { dryRun, signal }) };
  }
  const { roles: seen, foreign } = await surveyOf(parts, group);
  const roles: ScaledRole[] = [];
  for (const role of seen) {
    const decision = decide(role);
    roles.push({
      seen: role,
      decision,
      acts: dryRun ? [] : await actOn(parts, group, role, decision, signal),
    });
  }
  return { group, roles, foreign };
}
