/** What the cloud’s own ledger says of a rehearsal. Nothing here is taken from what nodeyard says of itself. */
import type { NodeStore } from '../../../src/store/store.js';
import type { LedgerEntry } from '../cloud/ledger.js';
import type { CloudRecord, Kind } from '../cloud/records.js';
import type { Played } from './play.js';
import type { AskCloud } from './stage.js';

export interface CallCount {
  readonly call: string;
  readonly count: number;
  /** The cloud said no, of itself or by a fault. */
  readonly refused: number;
}

export interface Report extends Omit<Played, 'ms'> {
  readonly seconds: number;
  /** How many of each kind were ever made. */
  readonly made: Readonly<Partial<Record<Kind, number>>>;
  readonly calls: readonly CallCount[];
  readonly faults: readonly { readonly fault: string; readonly call: string; readonly count: number }[];
  readonly dollars: number;
  /** What was made and still exists. `owned`: by a node that is not destroyed. */
  readonly left: readonly {
    readonly kind: Kind;
    readonly id: string;
    readonly region: string;
    readonly nodeId: string | null;
    readonly owned: boolean;
  }[];
}

export interface Books {
  /** What was made since they were opened and exists now. */
  left(store: Pick<NodeStore, 'get'>): Promise<Report['left']>;
  close(store: Pick<NodeStore, 'get'>, played: Played): Promise<Report>;
}

/** Opens them: what was in the ledger before is not the rehearsal’s. */
export async function keepBooks(cloud: AskCloud): Promise<Books> {
  const entriesBefore = ((await cloud('GET', '/calls')) as LedgerEntry[]).length;
  const before = new Set(((await cloud('GET', '/resources')) as CloudRecord[]).map(({ id }) => id));
  const dollarsBefore = await cost(cloud);
  const left: Books['left'] = async (store) => {
    const now = (await cloud('GET', '/resources')) as CloudRecord[];
    // Rules go with their group.
    const ours = now.filter(({ id, kind }) => !before.has(id) && kind !== 'security-group-rule');
    return Promise.all(ours.map((record) => leftover(store, record)));
  };
  return {
    left,
    async close(store, { ms, ...played }) {
      const entries = ((await cloud('GET', '/calls')) as LedgerEntry[]).slice(entriesBefore);
      return {
        ...played,
        seconds: Math.round(ms) / 1_000,
        made: madeIn(entries, before),
        calls: callsIn(entries),
        faults: faultsIn(entries),
        dollars: (await cost(cloud)) - dollarsBefore,
        left: await left(store),
      };
    },
  };
}

const cost = async (cloud: AskCloud): Promise<number> =>
  ((await cloud('GET', '/cost')) as { readonly dollars: number }).dollars;

async function leftover(
  store: Pick<NodeStore, 'get'>,
  { kind, id, region, tags }: CloudRecord,
): Promise<Report['left'][number]> {
  const nodeId = tags['nodeyard:node-id'];
  const node = nodeId === undefined ? undefined : await store.get(nodeId);
  const owned = node !== undefined && node.state !== 'DESTROYED';
  return { kind, id, region, nodeId: nodeId ?? null, owned };
}

function madeIn(entries: readonly LedgerEntry[], before: ReadonlySet<string>): Report['made'] {
  const kinds = new Map(entries.flatMap(({ effect }) => effect.map(({ id, kind }) => [id, kind] as const)));
  const made = [...kinds].filter(([id]) => !before.has(id));
  return Object.fromEntries(countedBy(made, ([, kind]) => kind));
}

function callsIn(entries: readonly LedgerEntry[]): CallCount[] {
  const refused = new Map(
    countedBy(
      entries.filter(({ error }) => error !== undefined),
      ({ call }) => call,
    ),
  );
  return countedBy(entries, ({ call }) => call).map(([call, count]) => ({
    call,
    count,
    refused: refused.get(call) ?? 0,
  }));
}

const faultsIn = (entries: readonly LedgerEntry[]): Report['faults'] =>
  countedBy(
    entries.filter(({ fault }) => fault !== undefined),
    ({ call, fault }) => `${fault} ${call}`,
  ).map(([key, count]) => {
    const [fault = '', call = ''] = key.split(' ');
    return { fault, call, count };
  });

/** The most frequent first. */
function countedBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
