/** How loaded a node is, by its role’s ranking. */
import type { RoleConfig } from '../groups/config.js';
import { parseMeasure } from '../groups/expressions.js';
import type { SeenNode } from './seen.js';

/** Undefined for a node that does not say what the ranking needs. */
export function rankingOf({
  capacityRanking,
}: Pick<RoleConfig, 'capacityRanking'>): (node: Pick<SeenNode, 'load'>) => number | undefined {
  const measure = parseMeasure(capacityRanking);
  return ({ load }) => (load === undefined ? undefined : measure(load));
}

/** The least loaded first, the oldest of equals; of whom nothing is known, that may be the busiest, so they come last. */
export function leastLoadedFirst(config: RoleConfig, nodes: readonly SeenNode[]): readonly SeenNode[] {
  const rank = rankingOf(config);
  return nodes
    .map((node) => ({ node, rank: rank(node) ?? Number.POSITIVE_INFINITY }))
    .sort(
      (a, b) =>
        compare(a.rank, b.rank) || a.node.createdAt - b.node.createdAt || compare(a.node.id, b.node.id),
    )
    .map(({ node }) => node);
}

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
