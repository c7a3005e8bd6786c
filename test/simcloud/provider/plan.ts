/**
 * A plan as the provider SDK makes it: what the configuration says; where it is silent, what was before; on a create,
 * unknown for what the cloud will say, else the default.
 */
import type { BlockSchema } from '../schema.js';
import type { BlockRules, PlanRules } from './plan-rules.js';
import { REGION } from './plan-rules.js';
import { isValues, listOf, same, UNKNOWN, Unknown, type Value, type Values } from './value.js';

export type Path = readonly (string | number)[];

export interface PlannedChange {
  readonly planned: Values;
  readonly requiresReplace: readonly Path[];
}

export interface PlanContext {
  readonly rules: PlanRules;
  /** Of the provider’s configuration. */
  readonly region: string;
  readonly defaultTags: Values;
}

/** `prior` is null for a create. The second plan of a replacement is a create as well: Terraform asks for it so. */
export function planChange(
  schema: BlockSchema,
  { rules, region, defaultTags }: PlanContext,
  prior: Values | null,
  config: Values,
): PlannedChange {
  const planned = { ...planBlock(schema, rules, prior, config) };
  if (REGION in schema.attributes && config[REGION] === null) planned[REGION] = region;
  if ('tags_all' in schema.attributes) planned['tags_all'] = allTags(defaultTags, config['tags'] ?? null);
  const forceNew = { ...rules, forceNew: [...(rules.forceNew ?? []), REGION] };
  return {
    planned,
    requiresReplace: prior === null ? [] : replacing(schema, forceNew, prior, planned, []),
  };
}

function planBlock(schema: BlockSchema, rules: PlanRules, prior: Values | null, config: Values): Values {
  const planned: Record<string, Value> = {};
  for (const [name, { computed }] of Object.entries(schema.attributes)) {
    const configured = config[name] ?? null;
    if (configured !== null) planned[name] = normalized(configured, prior?.[name]);
    else if (computed) planned[name] = prior === null ? UNKNOWN : (prior[name] ?? null);
    else planned[name] = rules.defaults?.[name] ?? null;
  }
  for (const [name, { nesting, block }] of Object.entries(schema.blocks)) {
    const configured = config[name] ?? null;
    const before = prior?.[name] ?? null;
    const inner: BlockRules = rules.blocks?.[name] ?? {};
    if (nesting === 'single' || Unknown.is(configured)) planned[name] = configured;
    else if (listOf(configured).length === 0 && inner.computed)
      planned[name] = prior === null ? UNKNOWN : before;
    else {
      planned[name] = listOf(configured).map((item, index) =>
        isValues(item) ? planBlock(block, inner, counterpart(item, index, nesting, before), item) : item,
      );
    }
  }
  return planned;
}

/** A set has no order of its own: the one that the state has stays, or a plan would never be empty. */
function normalized(configured: Value, prior: Value | undefined): Value {
  if (!Array.isArray(configured) || !Array.isArray(prior)) return configured;
  const sorted = (list: readonly Value[]): Value => list.map((item) => JSON.stringify(item)).sort();
  return configured.some(Unknown.is) || !same(sorted(configured), sorted(prior)) ? configured : prior;
}

/** What the element was before: by its place in a list; in a set, by all that the configuration says of it. */
function counterpart(item: Values, index: number, nesting: 'list' | 'set', before: Value): Values | null {
  const earlier = listOf(before).filter(isValues);
  if (nesting === 'list') return earlier[index] ?? null;
  const said = Object.entries(item).filter(([, value]) => value !== null && !Array.isArray(value));
  return earlier.find((old) => said.every(([name, value]) => same(value, old[name] ?? null))) ?? null;
}

function replacing(
  schema: BlockSchema,
  rules: PlanRules,
  prior: Values,
  planned: Values,
  path: Path,
): Path[] {
  const changed = (name: string): boolean =>
    name in schema.attributes && !same(prior[name] ?? null, planned[name] ?? null);
  const own = (rules.forceNew ?? []).filter(changed).map((name) => [...path, name]);
  const nested = Object.entries(rules.blocks ?? {}).flatMap(([name, inner]) => {
    const block = schema.blocks[name]?.block;
    const before = listOf(prior[name]).filter(isValues);
    const after = listOf(planned[name]).filter(isValues);
    if (block === undefined || inner.forceNew === undefined) return [];
    if (before.length !== after.length) return after.length === 0 ? [] : [[...path, name]];
    return after.flatMap((item, index) =>
      replacing(block, inner, before[index] ?? {}, item, [...path, name, index]),
    );
  });
  return [...own, ...nested];
}

function allTags(defaultTags: Values, tags: Value): Value {
  if (Unknown.is(tags)) return UNKNOWN;
  return { ...defaultTags, ...(isValues(tags) ? tags : {}) };
}

/** The attributes that exclude each other and are both given, as Terraform’s SDK words it. */
export function conflicts(rules: PlanRules, config: Values): string[] {
  const given = (name: string): boolean => {
    const value = config[name] ?? null;
    return value !== null && !(Array.isArray(value) && value.length === 0);
  };
  return (rules.conflicts ?? []).flatMap((names) => {
    const [first, second] = names.filter(given);
    return first === undefined || second === undefined ? [] : [`"${first}": conflicts with ${second}`];
  });
}
