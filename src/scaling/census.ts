/** The nodes of a role by what they mean for its size. */
import type { NodeState } from '../node/lifecycle.js';
import type { SeenNode } from './seen.js';

export interface Census {
  /** Asked for, and not yet in service. */
  readonly coming: readonly SeenNode[];
  readonly serving: readonly SeenNode[];
  /** Being drained. */
  readonly draining: readonly SeenNode[];
  /** Their destruction is asked for or at work, or has failed and is tried again by the reconciler. */
  readonly ending: readonly SeenNode[];
  /** FAILED in any other way: they serve nobody, and count for nothing. */
  readonly failed: readonly SeenNode[];
}

type Part = keyof Census;
const PARTS: Readonly<Record<NodeState, Part>> = {
  REQUESTED: 'coming',
  CREATING: 'coming',
  CREATED: 'coming',
  STARTED: 'coming',
  INSERVICE: 'serving',
  SOFT_SUNSET: 'draining',
  HARD_SUNSET: 'draining',
  DESTRUCTION_REQUESTED: 'ending',
  DESTROYING: 'ending',
  DESTROYED: 'ending',
  FAILED: 'failed',
};

export function censusOf(nodes: readonly SeenNode[]): Census {
  const census = { coming: [], serving: [], draining: [], ending: [], failed: [] } as Record<
    Part,
    SeenNode[]
  >;
  for (const node of nodes) census[node.doomed ? 'ending' : PARTS[node.state]].push(node);
  return census;
}

/** What the limits of a role are about: nodes that serve or will. */
export const sizeOf = ({ coming, serving }: Census): number => coming.length + serving.length;
