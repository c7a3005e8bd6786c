/**
 * What the Describe calls have in common: ids, filters, and pages that are really cut. A page is cut before it is filtered,
 * so that it may be empty and still not the last one, as EC2 says of its own.
 */
import { CloudRefusal } from '../errors.js';
import type { CloudRecord } from '../records.js';

export interface Selection {
  readonly Filters?: readonly { readonly Name?: string; readonly Values?: readonly string[] }[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** The values that a filter compares, by its name; `tag:…` and `tag-key` go without saying. */
export type FilterValues<R> = Readonly<Record<string, (record: R) => readonly (string | undefined)[]>>;

export interface Page<R> {
  readonly records: readonly R[];
  readonly NextToken?: string;
}

/** Of the records, in their order, what was asked for. */
export function select<R extends CloudRecord>(
  records: readonly R[],
  selection: Selection,
  values: FilterValues<R>,
): Page<R> {
  const { Filters = [] } = selection;
  const conditions = Filters.map(({ Name = '', Values = [] }) => {
    const valuesOf = filterOf(Name, values);
    const patterns = Values.map(like);
    return (record: R): boolean =>
      valuesOf(record).some((value) => value !== undefined && patterns.some((fits) => fits(value)));
  });
  const { page, NextToken } = cut(records, selection);
  return {
    records: page.filter((record) => conditions.every((fulfilled) => fulfilled(record))),
    ...(NextToken === undefined ? {} : { NextToken }),
  };
}

/** Ids and pages exclude each other. */
export function requireNoPages({ MaxResults, NextToken }: Selection, parameter: string): void {
  if (MaxResults === undefined && NextToken === undefined) return;
  throw new CloudRefusal(
    'InvalidParameterCombination',
    `The parameter ${parameter} cannot be used with the parameter maxResults`,
  );
}

function filterOf<R extends CloudRecord>(
  name: string,
  values: FilterValues<R>,
): (record: R) => readonly (string | undefined)[] {
  if (name === 'tag-key') return ({ tags }) => Object.keys(tags);
  if (name.startsWith('tag:')) return ({ tags }) => [ownValue(tags, name.slice('tag:'.length))];
  const own = Object.hasOwn(values, name) ? values[name] : undefined;
  if (own !== undefined) return own;
  throw new CloudRefusal('InvalidParameterValue', `The filter '${name}' is invalid`);
}

const ownValue = (tags: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(tags, key) ? tags[key] : undefined;

/** `*` and `?` of EC2’s filters, and `\` before either. Small and capital letters are not the same. */
export function like(pattern: string): (text: string) => boolean {
  const source = pattern.replace(
    /\\([*?\\])|([*?])|([.+^${}()|[\]\\])/g,
    (_all, escaped?: string, wild?: string, special?: string) => {
      if (wild !== undefined) return wild === '*' ? '.*' : '.';
      return `\\${escaped ?? special ?? ''}`;
    },
  );
  const expression = new RegExp(`^${source}$`, 's');
  return (text) => expression.test(text);
}

const LEAST = 5;
const MOST = 1000;

function cut<R extends CloudRecord>(
  records: readonly R[],
  { MaxResults, NextToken }: Selection,
): { readonly page: readonly R[]; readonly NextToken?: string } {
  if (MaxResults !== undefined && (MaxResults < LEAST || MaxResults > MOST)) {
    const expected = MaxResults < LEAST ? `greater than ${LEAST}` : `less than ${MOST}`;
    throw new CloudRefusal(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value ${expected}.`,
    );
  }
  if (MaxResults === undefined && NextToken === undefined) return { page: records };
  const sorted = [...records].sort(byPlace);
  const rest = NextToken === undefined ? sorted : sorted.filter(after(NextToken));
  const page = rest.slice(0, MaxResults ?? rest.length);
  const last = page.at(-1);
  return last === undefined || page.length === rest.length ? { page } : { page, NextToken: tokenOf(last) };
}

const byPlace = (one: CloudRecord, other: CloudRecord): number =>
  one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);

/** A token names the place after which the next page begins; that resource itself may have gone meanwhile. */
const tokenOf = ({ createdAt, id }: CloudRecord): string =>
  Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');

function after(token: string): (record: CloudRecord) => boolean {
  const [createdAt, id] = placeIn(token);
  return (record) => record.createdAt > createdAt || (record.createdAt === createdAt && record.id > id);
}

function placeIn(token: string): readonly [createdAt: number, id: string] {
  try {
    const place: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(place) && typeof place[0] === 'number' && typeof place[1] === 'string') {
      return [place[0], place[1]];
    }
  } catch {
    // Not one of ours.
  }
  throw new CloudRefusal('InvalidPaginationToken', 'The specified pagination token is not valid.');
}
