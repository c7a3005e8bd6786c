/**
 * What somebody may do. Three scopes for people and programs, each of which includes the one before it, and one for a
 * node, which includes nothing else: a token in a machine’s user data must be worth no more than that machine.
 */

/** From the least to the most. */
export const RANKED_SCOPES = ['viewer', 'operator', 'admin'] as const;
export type RankedScope = (typeof RANKED_SCOPES)[number];

export const SCOPES = [...RANKED_SCOPES, 'node'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether a holder of `held` may do what asks for `wanted`. That a node’s token is for that very node is asked elsewhere. */
export function includes(held: Scope, wanted: Scope): boolean {
  if (held === 'node' || wanted === 'node') return held === wanted;
  return RANKED_SCOPES.indexOf(held) >= RANKED_SCOPES.indexOf(wanted);
}
