/**
 * What the expressions say: grow, shrink or stay. Nodes that are on their way count as if they were there with no load at all, so that
 * a role does not ask for more while what it has asked for is coming; and a role shrinks by no more nodes than it could do without:
 * at a load that does not change, its size comes to rest.
 */
import { age } from '../age.js';
import type { RoleConfig } from '../groups/config.js';
import { type Load, parseCondition } from '../groups/expressions.js';
import type { Census } from './census.js';
import { loadsWithout } from './spread.js';

export type Wish =
  | { readonly wish: 'grow' | 'stay'; readonly why: string }
  /** By at most so many nodes. */
  | { readonly wish: 'shrink'; readonly why: string; readonly most: number };

const stay = (why: string): Wish => ({ wish: 'stay', why });

export function wishOf(config: RoleConfig, census: Census, now: number): Wish {
  const { outExpression, inExpression, warmUp } = config;
  const { coming, serving } = census;
  if (outExpression === undefined && inExpression === undefined) return stay('there is no expression');
  const warm = serving.filter(({ since }) => since > now || now - since >= warmUp);
  const loads = warm.map(({ load }) => load ?? {});
  const grows = outExpression === undefined ? false : parseCondition(outExpression)(loads);
  const about = `over ${nodes(warm.length)} in service`;
  if (grows === true) {
    const others = coming.length + serving.length - warm.length;
    const withOthers = [...loads, ...Array<Load>(others).fill(idle(loads))];
    if (others === 0 || parseCondition(outExpression ?? '')(withOthers) === true)
      return { wish: 'grow', why: `${outExpression} is true ${about}` };
    return stay(
      `${outExpression} is true ${about}, but not with the ${nodes(others)} that will take their part soon`,
    );
  }
  const shrinks = inExpression === undefined ? false : parseCondition(inExpression)(loads);
  if (shrinks === true) {
    if (coming.length > 0)
      return stay(`${inExpression} is true ${about}; ${nodes(coming.length)} on the way first`);
    const cold = serving.length - warm.length;
    if (cold > 0)
      return stay(`${inExpression} is true ${about}; ${nodes(cold)} in service for less than ${age(warmUp)}`);
    if (serving.length <= config.min) return stay(`${inExpression} is true ${about}; min is ${config.min}`);
    const most = dispensable(config, census);
    if (most > 0) return { wish: 'shrink', why: `${inExpression} is true ${about}`, most };
    const kept =
      outExpression === undefined || serving.length === 1
        ? 'the last node is in use'
        : `with one node less ${outExpression} would be as well`;
    return stay(`${inExpression} is true ${about}, but ${kept}`);
  }
  const unknown = [grows === undefined ? outExpression : '', shrinks === undefined ? inExpression : ''];
  const named = unknown.filter((text) => text !== '' && text !== undefined);
  if (named.length > 0) return stay(`nothing is known of ${named.join(' and ')}: ${about}, none reports it`);
  const said = [outExpression, inExpression].filter((text) => text !== undefined);
  return stay(`${said.join(' is false, and ')} is false ${about}`);
}

/** How many of the nodes that a step may take can leave without the role growing again at once. */
function dispensable(config: RoleConfig, census: Census): number {
  const { outExpression, increment, min } = config;
  const { serving } = census;
  const isUsed = serving.some(({ load }) => (load?.connections ?? 0) > 0);
  // The last one leaves only when it is not used any more.
  const most = Math.min(increment, serving.length - Math.max(min, isUsed ? 1 : 0));
  if (most <= 0 || outExpression === undefined) return Math.max(0, most);
  const grows = parseCondition(outExpression);
  for (let leaving = most; leaving > 0; leaving -= 1) {
    if (grows(loadsWithout(config, census, leaving)) !== true) return leaving;
  }
  return 0;
}

/** The load of a node that nobody uses yet, by the metrics that the others report. */
function idle(loads: readonly Load[]): Load {
  const metrics = loads.flatMap((load) => Object.keys(load.metrics ?? {})).map((name) => [name, 0] as const);
  return { connections: 0, publishers: 0, subscribers: 0, metrics: Object.fromEntries(metrics) };
}

const nodes = (count: number): string => `${count} ${count === 1 ? 'node' : 'nodes'}`;
