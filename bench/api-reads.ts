/** What is read: for each kind of read the requests to the API, and what BullMQ is asked instead. Spread over all nodes. */
import { GROUPS, INSERVICE_EVERY } from './populate.js';

export const KINDS = ['one node', 'page of 20', 'counts', 'history'] as const;
export type Kind = (typeof KINDS)[number];

/** The share of each kind in the mix, of twenty. */
export const MIX: Readonly<Record<Kind, number>> = { 'one node': 10, 'page of 20': 4, counts: 3, history: 3 };

/** Different requests of one kind. */
const VARIETY = 200;
const PAGE = 20;
/** Without a common divisor with the sizes, so that it goes round all nodes. */
const STRIDE = 7_919;

const spread = (of: number): readonly number[] =>
  Array.from({ length: VARIETY }, (_, index) => (index * STRIDE) % of);

/** A page from somewhere: of all live nodes, or of what is INSERVICE in one group. */
function pageAt(place: number, index: number): string {
  // Cursors are numbers of creation.
  const cursor = `limit=${PAGE}&cursor=${place + 1}`;
  if (index % 2 === 0) return `/v1/nodes?${cursor}`;
  return `/v1/nodes?${cursor}&state=INSERVICE&group=group-${index % GROUPS}`;
}

/** Paths of the API, by kind. */
export function readsOf(nodes: number): Readonly<Record<Kind, readonly string[]>> {
  const places = spread(nodes - INSERVICE_EVERY * PAGE * GROUPS);
  return {
    'one node': places.map((place) => `/v1/nodes/n${place}`),
    'page of 20': places.map(pageAt),
    counts: ['/v1/counts'],
    history: places.map((place) => `/v1/nodes/n${place}/history`),
  };
}

/** What comes nearest to it in BullMQ; nothing for the history, which a job has none of. */
export function jobReadsOf(jobs: number): Readonly<Partial<Record<Kind, readonly string[]>>> {
  const places = spread(jobs - PAGE);
  return {
    'one node': places.map((place) => `/jobs/n${place}`),
    'page of 20': places.map((place) => `/jobs?start=${place}`),
    counts: ['/counts'],
  };
}

export const constantOf = (kind: Kind): string => `/constant/${kind.replaceAll(' ', '-')}`;

/** Each kind by its share, one after the other, so that no kind comes in a row. */
export function mixed(reads: Readonly<Record<Kind, readonly string[]>>): readonly string[] {
  const order = KINDS.flatMap((kind) => Array.from({ length: MIX[kind] }, () => kind));
  const turns: Record<Kind, number> = { 'one node': 0, 'page of 20': 0, counts: 0, history: 0 };
  return Array.from({ length: VARIETY }, (_, index) => {
    // Seven has no common divisor with twenty: every turn of twenty has each of them once.
    const kind = order[(index * 7) % order.length] as Kind;
    const paths = reads[kind];
    return paths[turns[kind]++ % paths.length] as string;
  });
}
