/** Small forms that the files of this stack share. */
import type { NodeContext } from '../define.js';

export type Tags = Record<string, string>;

/** The node’s id as its name, then the request’s tags, then those of ownership, which nothing may change. */
export const tagsOf = (node: NodeContext): Tags => ({ Name: node.id, ...node.tags, ...node.ownershipTags });

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined: an absent attribute and an undefined one are different things to the types. */
export const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
