/** What is different between two readings of a group, field by field. */
import { isDeepStrictEqual } from 'node:util';
import { type GroupConfig, roleDefaults } from './config.js';

/** One of `before` and `after` is absent where the field is new, or gone. */
export interface Difference {
  /** `roles.edge.drain.softLimit`. */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

type Leaves = ReadonlyMap<string, unknown>;

/**
 * In the order of the fields as they are written. Of what is wholly new, a group or a role, only what differs from the defaults; a
 * role that is gone is one difference.
 */
export function differences(before: GroupConfig | undefined, after: GroupConfig): readonly Difference[] {
  // The name is what both readings have in common.
  const { roles, name: _, ...rest } = after;
  const old = before?.roles ?? {};
  return [
    ...between(
      leavesOf(before === undefined ? DEFAULTS : withoutRoles(before), ''),
      leavesOf(rest, ''),
      before === undefined,
    ),
    ...Object.entries(roles).flatMap(([name, role]) => {
      const place = `roles.${name}.`;
      const present = Object.hasOwn(old, name) ? old[name] : undefined;
      return present === undefined
        ? between(leavesOf(withoutMax(roleDefaults()), place), leavesOf(role, place), true)
        : between(leavesOf(present, place), leavesOf(role, place), false);
    }),
    ...Object.keys(old)
      .filter((name) => !Object.hasOwn(roles, name))
      .map((name) => ({ field: `roles.${name}`, before: `max ${old[name]?.max}` })),
  ];
}

/** What is the same, whatever the order of its fields, and whether absent fields are spelled out. */
export const isSame = (before: GroupConfig, after: GroupConfig): boolean =>
  isDeepStrictEqual(plain(before), plain(after));

/** What belongs to a stack, and may be a secret. */
export const isInput = (field: string): boolean => /(^|\.)inputs(\.|$)/.test(field);

const DEFAULTS = { isScalingPaused: false };
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function withoutRoles({ roles: _, name: __, ...rest }: GroupConfig): Readonly<Record<string, unknown>> {
  return rest;
}

function withoutMax({ max: _, ...rest }: GroupConfig['roles'][string]): Readonly<Record<string, unknown>> {
  return rest;
}

function between(before: Leaves, after: Leaves, isNew: boolean): Difference[] {
  const changed = [...after].flatMap(([field, value]): Difference[] => {
    if (!before.has(field)) return [{ field, after: value }];
    const old = before.get(field);
    if (isDeepStrictEqual(old, value)) return [];
    return isNew ? [{ field, after: value }] : [{ field, before: old, after: value }];
  });
  if (isNew) return changed;
  const gone = [...before].filter(([field]) => !after.has(field));
  return [...changed, ...gone.map(([field, value]) => ({ field, before: value }))];
}

/** Objects are gone into; everything else, lists among it, is one value. */
function leavesOf(value: object, place: string): Leaves {
  const leaves = new Map<string, unknown>();
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    // Within inputs an empty object is something that was said; elsewhere it says nothing.
    const isLeaf = !isObject || (isInput(place) && Object.keys(inner).length === 0);
    if (isLeaf) leaves.set(`${place}${name}`, inner);
    else for (const [field, leaf] of leavesOf(inner, `${place}${name}.`)) leaves.set(field, leaf);
  }
  return leaves;
}
