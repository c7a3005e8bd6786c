/** What happened in a run, counted: what was done to the fleet, and what became of the nodes. */
import type { NodeEvent } from '../../src/node/record.js';
import type { NodeStore } from '../../src/store/store.js';
import type { LedgerEntry } from '../simcloud/cloud/ledger.js';
import type { Attacked } from './attack/attacker.js';

export type Tally = Readonly<Record<string, number>>;

export interface Counts {
  /** Attacks that hit, by kind; those that found nothing to hit, as `missed`. */
  readonly attacks: Tally;
  /** Faults that struck a call of the cloud, by kind. */
  readonly faults: Tally;
  readonly calls: number;
  /** How often nodes got there. */
  readonly created: number;
  readonly destroyed: number;
  /** Failures by operation and code. */
  readonly failures: Tally;
  /** Runs that took a node in the state that another run had left it in. */
  readonly takeovers: number;
  /** Runs of workers that had died, brought home. */
  readonly recoveries: number;
  /** States of superseded runs that went into quarantine. */
  readonly quarantines: number;
  /** What no state held, destroyed by a run that was not sure of those before it, and by the sweep. */
  readonly straysDestroyed: number;
  readonly orphansDestroyed: number;
  /** Jobs that the reconciler had to add. */
  readonly jobsAdded: number;
}

const tally = (words: Iterable<string>): Tally => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
};

export interface Happened {
  readonly attacked: readonly Attacked[];
  readonly calls: readonly LedgerEntry[];
  readonly events: readonly NodeEvent[];
  /** `node@epoch` of every quarantine that was ever seen. */
  readonly quarantined: ReadonlySet<string>;
}

export function countUp({ attacked, calls, events, quarantined }: Happened): Counts {
  const reached = (state: string): number => events.filter(({ to }) => to === state).length;
  const said = (begin: string): number => events.filter(({ reason }) => reason?.includes(begin)).length;
  return {
    attacks: tally(attacked.map(({ kind, whom }) => (whom === undefined ? 'missed' : kind))),
    faults: tally(calls.flatMap(({ fault }) => fault ?? [])),
    calls: calls.length,
    created: reached('CREATED'),
    destroyed: reached('DESTROYED'),
    failures: tally(
      events.flatMap(({ to, failure }) =>
        to === 'FAILED' && failure !== undefined ? `${failure.operation} ${failure.code}` : [],
      ),
    ),
    takeovers: events.filter(({ type }) => type === 'taken').length,
    recoveries: said('recovered the '),
    quarantines: quarantined.size,
    straysDestroyed: said('an earlier run made it'),
    orphansDestroyed: said('destroyed an orphan'),
    jobsAdded: said('job was added'),
  };
}

/** Every event that the store still has. */
export async function allEvents(store: Pick<NodeStore, 'events'>): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  for (let after = '0'; ; ) {
    const page = await store.events({ after, limit: 1000 });
    const last = page.at(-1);
    if (last === undefined) return events;
    events.push(...page);
    after = last.position;
  }
}
