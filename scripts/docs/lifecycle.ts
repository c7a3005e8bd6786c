/** The generated parts of docs/lifecycle.md: the diagram and the table, from src/node/lifecycle.ts. */
import {
  isTerminal,
  NODE_STATES,
  type NodeState,
  TRANSITIONS,
  type Transition,
} from '../../src/node/lifecycle.js';
import { table } from './page.js';

const CONDITIONS: Readonly<Record<NonNullable<Transition['condition']>, string>> = {
  'create-failed': 'only where the create had failed',
  reinstatable: 'only where the create had succeeded and nobody has asked for its destruction',
};

/**
 * Every state may become FAILED and nearly every one DESTRUCTION_REQUESTED; drawn, those arrows would hide the others,
 * so only the ones of the way itself are.
 */
const DRAWN_FROM: Readonly<Partial<Record<NodeState, readonly (NodeState | null)[]>>> = {
  FAILED: ['CREATING', 'DESTROYING'],
  DESTRUCTION_REQUESTED: ['CREATING', 'HARD_SUNSET', 'FAILED'],
};

export function lifecycleDiagram(): string {
  const arrows = TRANSITIONS.filter(isDrawn).map(
    ({ from, to, meaning }) => `  ${from ?? '[*]'} --> ${to}: ${meaning}`,
  );
  const ends = NODE_STATES.filter(isTerminal).map((state) => `  ${state} --> [*]`);
  return ['```mermaid', 'stateDiagram-v2', ...arrows, ...ends, '```'].join('\n');
}

const isDrawn = ({ from, to }: Transition): boolean => DRAWN_FROM[to]?.includes(from) ?? true;

export function lifecycleTable(): string {
  const rows = TRANSITIONS.map(({ from, to, by, meaning, condition }) => {
    const when = condition === undefined ? meaning : `${meaning}, ${CONDITIONS[condition]}`;
    return [from ?? '–', to, by.join(', '), when];
  });
  return table(['from', 'to', 'who', 'meaning'], rows);
}
