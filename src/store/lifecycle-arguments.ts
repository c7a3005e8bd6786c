/** What the scripts are told of the lifecycle. Derived from its table, so that Lua never knows a rule of its own. */
import {
  type Actor,
  BEGINS,
  isTerminal,
  type NodeState,
  type Operation,
  TRANSITIONS,
  type TransitionCondition,
  transitionsTo,
} from '../node/lifecycle.js';

/** What fields of the record must hold for a source state to count; an absent one holds ''. */
export type Requirement = Readonly<Record<string, string>>;
export type Sources = Readonly<Partial<Record<NodeState, Requirement>>>;

/** What changes in the record besides the state when a node enters it. */
export interface Entering {
  readonly set: Readonly<Record<string, string>>;
  readonly clear: readonly string[];
  readonly tombstone: boolean;
  readonly failed: boolean;
}

const CONDITIONS: Readonly<Record<TransitionCondition, Requirement>> = {
  'create-failed': { failureOperation: 'create' },
  reinstatable: { createSucceeded: '1', doomed: '' },
};

/** The states that `actor` may leave for `to`. */
export function sourcesOf(to: NodeState, actor: Actor): Sources {
  const sources: Partial<Record<NodeState, Requirement>> = {};
  for (const { from, condition } of transitionsTo(to, actor)) {
    if (from !== null) sources[from] = condition === undefined ? {} : CONDITIONS[condition];
  }
  return sources;
}

/** Where a FAILED node must stand for another try: what leads to the operation’s run, its first beginning aside. */
export function retrySourcesOf(operation: Operation): Sources {
  const { from, to } = BEGINS[operation];
  const { [from]: _firstBeginning, ...others } = sourcesOf(to, 'terraform');
  return others;
}

/**
 * States in which the request needs nothing more: `to` itself when the epoch proves that the same run asks again, and
 * for a destruction also the state in which it is at work.
 */
export function settledStates(to: NodeState, actor: Actor, fenced: boolean): readonly NodeState[] {
  if (transitionsTo(to, actor).length === 0) return [];
  if (to === BEGINS.destroy.from) return [BEGINS.destroy.from, BEGINS.destroy.to];
  return fenced ? [to] : [];
}

export function entering(to: NodeState): Entering {
  const tombstone = isTerminal(to);
  const effects = { tombstone, failed: to === 'FAILED', clear: tombstone ? TOMBSTONE_CLEARS : [] };
  if (to === 'CREATED') return { ...effects, set: { createSucceeded: '1' } };
  if (to === BEGINS.destroy.from) {
    // The job that is named there drove the create; in the other queue its id may be another node’s.
    return { ...effects, set: { attempts: '0', doomed: '1' }, clear: ['jobId'] };
  }
  return { ...effects, set: {} };
}

const DESTROY_FAILURES = ['destroyFailures', 'destroyFailedAt', 'destroyAlarm'];
const TOMBSTONE_CLEARS = [
  'outputs',
  'leaseHolder',
  'leaseExpiresAt',
  'progress',
  'resources',
  ...DESTROY_FAILURES,
];

/** Who may ask for a node at all. */
export const mayRequest = (actor: Actor): boolean =>
  TRANSITIONS.some((row) => row.from === null && row.by.includes(actor));

/** The state in which a new node stands. */
export const FIRST_STATE: NodeState = TRANSITIONS.find((row) => row.from === null)?.to ?? 'REQUESTED';
