/** What the provider knows of one type of resource: which calls make it, show it, change it and end it. */
import { type Tag, tagsAsList } from '../../api.js';
import type { Ec2 } from '../ec2.js';
import { isValues, listOf, same, type Value, type Values } from '../value.js';

export interface ResourceType {
  /** For people: `EC2 Instance`. */
  readonly title: string;
  /**
   * `keep` says the id as soon as there is one. What fails before that leaves nothing in the state, whatever the cloud has;
   * what fails after it leaves a tainted resource.
   */
  create(ec2: Ec2, planned: Values, keep: (id: string) => void): Promise<void>;
  /** What the cloud says of the resource with `state.id`; undefined when it is gone. Other attributes stay as they are. */
  read(ec2: Ec2, state: Values): Promise<Values | undefined>;
  /** Absent where every change makes a new resource. */
  update?(ec2: Ec2, prior: Values, planned: Values): Promise<void>;
  delete(ec2: Ec2, state: Values): Promise<void>;
}

/** A type of data source. */
export type Lookup = (ec2: Ec2, config: Values) => Promise<Values>;

export const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
export const textIn = (value: Value | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
export const numberIn = (value: Value | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;
export const boolIn = (value: Value | undefined): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;
export const textsIn = (value: Value | undefined): string[] | undefined =>
  Array.isArray(value) ? value.map((item) => text(item)) : undefined;

/** The one element of a block of which there is at most one. */
export const firstOf = (value: Value | undefined): Values => {
  const [first] = listOf(value);
  return isValues(first) ? first : {};
};

export const tagsIn = (value: Value | undefined): Tag[] =>
  tagsAsList(
    Object.fromEntries(Object.entries(isValues(value) ? value : {}).map(([key, item]) => [key, text(item)])),
  );

/** `tags` as they were configured and `tags_all` as the cloud has them, in the state’s form: no tags are null. */
export function tagValues(tags: readonly Tag[]): Values {
  const map: Values = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
  return { tags: tags.length === 0 ? null : map, tags_all: map };
}

/** Brings the tags of a resource from what they were to what they should be. */
export async function updateTags(ec2: Ec2, id: string, before: Value | undefined, after: Value | undefined) {
  const wanted = tagsIn(after);
  const keys = new Set(wanted.map(({ Key }) => Key));
  const removed = tagsIn(before).filter(({ Key }) => !keys.has(Key));
  const earlier = new Map(tagsIn(before).map(({ Key, Value }) => [Key, Value]));
  const added = wanted.filter(({ Key, Value }) => earlier.get(Key) !== Value);
  if (removed.length > 0) await ec2.call('DeleteTags', { Resources: [id], Tags: removed });
  if (added.length > 0) await ec2.call('CreateTags', { Resources: [id], Tags: added });
}

export const differ = (prior: Values, planned: Values, ...names: readonly string[]): boolean =>
  names.some((name) => !same(prior[name] ?? null, planned[name] ?? null));
