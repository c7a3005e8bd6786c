/** How full a node is and may be, by what its role says. */
import type { RoleConfig } from '../groups/config.js';
import { type Load, parseMeasure } from '../groups/expressions.js';
import { rankingOf } from '../scaling/ranking.js';

export interface Rules {
  /** Undefined where the node does not report what is needed. */
  rank(load: Load): number | undefined;
  /** Null where there is no limit, undefined where the node does not report what is needed. */
  limit(load: Load): number | null | undefined;
}

export function rulesOf(role: Pick<RoleConfig, 'capacityRanking' | 'capacityLimit'>): Rules {
  const { capacityLimit } = role;
  const rank = rankingOf(role);
  return {
    rank: (load) => rank({ load }),
    limit: typeof capacityLimit === 'string' ? parseMeasure(capacityLimit) : () => capacityLimit,
  };
}

/** It gets nothing new. A node of which either is not known is not full. */
export function isFull({ rank, limit }: Rules, load: Load): boolean {
  const [ranking, most] = [rank(load), limit(load)];
  return ranking !== undefined && typeof most === 'number' && ranking >= most;
}
