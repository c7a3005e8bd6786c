/**
 * The node lifecycle, as one table. The types, the guards, the arguments of the Lua scripts, the documentation and
 * its diagram derive from it; a node’s state is changed nowhere else than through it.
 */

export const NODE_STATES = [
  'REQUESTED',
  'CREATING',
  'CREATED',
  'STARTED',
  'INSERVICE',
  'SOFT_SUNSET',
  'HARD_SUNSET',
  'DESTRUCTION_REQUESTED',
  'DESTROYING',
  'DESTROYED',
  'FAILED',
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Who may move a node. `terraform` is the worker that runs it; `reconciler` also stands for time limits and silence. */
export const ACTORS = ['producer', 'operator', 'autoscaler', 'terraform', 'node', 'reconciler'] as const;
export type Actor = (typeof ACTORS)[number];

/** What must be true of the node besides its state. Checked in the same atomic step as the state itself. */
export type TransitionCondition =
  | 'create-failed' // the failure on record is one of a create
  | 'reinstatable'; // the create had once succeeded, and nobody has asked for its destruction: from that there is no way back

export interface Transition {
  readonly from: NodeState | null;
  readonly to: NodeState;
  readonly by: readonly Actor[];
  readonly meaning: string;
  readonly condition?: TransitionCondition;
}

const askers: readonly Actor[] = ['producer', 'operator', 'autoscaler', 'reconciler'];
const before = (end: NodeState): readonly NodeState[] => NODE_STATES.slice(0, NODE_STATES.indexOf(end));

export const TRANSITIONS: readonly Transition[] = [
  { from: null, to: 'REQUESTED', by: ['producer', 'operator', 'autoscaler'], meaning: 'asked for' },
  { from: 'REQUESTED', to: 'CREATING', by: ['terraform'], meaning: 'a worker begins' },
  { from: 'CREATING', to: 'CREATED', by: ['terraform'], meaning: 'every resource exists' },
  { from: 'CREATED', to: 'STARTED', by: ['node'], meaning: 'first event of the node' },
  { from: 'STARTED', to: 'INSERVICE', by: ['node'], meaning: 'configured' },
  { from: 'INSERVICE', to: 'SOFT_SUNSET', by: ['autoscaler', 'operator'], meaning: 'no new work' },
  {
    from: 'SOFT_SUNSET',
    to: 'HARD_SUNSET',
    by: ['autoscaler'],
    meaning: 'deadline, or nothing left to drain',
  },
  { from: 'SOFT_SUNSET', to: 'INSERVICE', by: ['operator'], meaning: 'taken back' },
  ...[...before('DESTRUCTION_REQUESTED'), 'FAILED' as const].map(
    (from): Transition => ({
      from,
      to: 'DESTRUCTION_REQUESTED',
      by: askers,
      meaning: 'destruction asked for',
    }),
  ),
  { from: 'DESTRUCTION_REQUESTED', to: 'DESTROYING', by: ['terraform'], meaning: 'a worker begins' },
  { from: 'DESTROYING', to: 'DESTROYED', by: ['terraform'], meaning: 'the state holds no resource' },
  ...before('DESTROYED').map((from): Transition => {
    const byOperator = from === 'INSERVICE' || from === 'SOFT_SUNSET';
    return {
      from,
      to: 'FAILED',
      by: byOperator ? ['terraform', 'reconciler', 'operator'] : ['terraform', 'reconciler'],
      meaning: 'see failure',
    };
  }),
  {
    from: 'FAILED',
    to: 'CREATING',
    by: ['terraform'],
    meaning: 'retry of a failed create',
    condition: 'create-failed',
  },
  {
    from: 'FAILED',
    to: 'INSERVICE',
    by: ['operator', 'node'],
    meaning: 'reinstated',
    condition: 'reinstatable',
  },
  {
    from: 'FAILED',
    to: 'SOFT_SUNSET',
    by: ['operator', 'node'],
    meaning: 'reinstated',
    condition: 'reinstatable',
  },
];

/** The rows that lead to `to` for `actor`: what a compare-and-set hands to Redis. */
export function transitionsTo(to: NodeState, actor: Actor): readonly Transition[] {
  return TRANSITIONS.filter((row) => row.to === to && row.by.includes(actor));
}

/** DESTROYED is the end: a tombstone that is kept for a while. */
export const isTerminal = (state: NodeState): boolean => state === 'DESTROYED';

/** States in which a job should be on its way or at work; found in one of these without either, a node is stranded. */
export const DRIVEN_STATES = [
  'REQUESTED',
  'CREATING',
  'DESTRUCTION_REQUESTED',
  'DESTROYING',
] as const satisfies NodeState[];

/** States of a node that was created, works or could, and whose end nobody has asked for. How soon it gets on is its own affair. */
export const CREATED_STATES = [
  'CREATED',
  'STARTED',
  'INSERVICE',
  'SOFT_SUNSET',
  'HARD_SUNSET',
] as const satisfies NodeState[];

/** States in which a node may speak for itself: its machine is there, as far as anybody knows. */
export const SPEAKING_STATES = [...CREATED_STATES, 'FAILED'] as const satisfies NodeState[];

/** States in which silence counts. Not while it is driven out: its end is on the way, and a FAILED node would stay. */
export const WATCHED_STATES = [
  'CREATED',
  'STARTED',
  'INSERVICE',
  'SOFT_SUNSET',
] as const satisfies NodeState[];

export const OPERATIONS = ['create', 'destroy'] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * Where an operation may begin. `from` moves to `to`; a node that is in `to` already (takeover after a crash, or the
 * next attempt) keeps its state and gets a new epoch.
 */
export const BEGINS: Readonly<Record<Operation, { readonly from: NodeState; readonly to: NodeState }>> = {
  create: { from: 'REQUESTED', to: 'CREATING' },
  destroy: { from: 'DESTRUCTION_REQUESTED', to: 'DESTROYING' },
};

/** The operator’s words of Stream Manager 2.0. */
const SYNONYMS: Readonly<Record<string, NodeState>> = {
  FAULT: 'FAILED',
  SUNSET: 'SOFT_SUNSET',
  DOOMED: 'DESTRUCTION_REQUESTED',
};

/** Reads a state name in either vocabulary, in any case; undefined when it is neither. */
export function parseState(word: string): NodeState | undefined {
  const name = word.trim().toUpperCase();
  return NODE_STATES.find((state) => state === name) ?? SYNONYMS[name];
}
