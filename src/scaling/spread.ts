/**
 * What the nodes that stay would bear if some left: what the leaving ones bear, and what the draining ones still bear, spread evenly
 * over them. Exact for clients that come again elsewhere; a fair guess for every other metric.
 */
import type { RoleConfig } from '../groups/config.js';
import type { Load } from '../groups/expressions.js';
import { leastLoadedFirst } from './ranking.js';
import type { SeenNode } from './seen.js';

const COUNTS = ['connections', 'publishers', 'subscribers'] as const;

/** Empty where nobody would stay. */
export function loadsWithout(
  config: RoleConfig,
  { serving, draining }: { readonly serving: readonly SeenNode[]; readonly draining: readonly SeenNode[] },
  leaving: number,
): readonly Load[] {
  const sorted = leastLoadedFirst(config, serving);
  const left = [...sorted.slice(0, leaving), ...draining].map(({ load }) => load ?? {});
  const staying = sorted.slice(leaving).map(({ load }) => load ?? {});
  return staying.map((load) => ({
    ...Object.fromEntries(
      COUNTS.flatMap((count) =>
        more(
          load[count],
          left.map((each) => each[count]),
          staying.length,
          count,
        ),
      ),
    ),
    metrics: Object.fromEntries(
      Object.entries(load.metrics ?? {}).flatMap(([name, value]) =>
        more(
          value,
          left.map((each) => each.metrics?.[name]),
          staying.length,
          name,
        ),
      ),
    ),
  }));
}

/** What a node does not report stays unknown. */
function more(
  own: number | undefined,
  others: readonly (number | undefined)[],
  over: number,
  name: string,
): readonly (readonly [string, number])[] {
  if (own === undefined) return [];
  const sum = others.reduce<number>((total, value) => total + (value ?? 0), 0);
  return [[name, own + sum / over]];
}
