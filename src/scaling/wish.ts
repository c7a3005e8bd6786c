/**
 * What the expressions say: grow, shrink or stay. Nodes that are on their way count as if they were there with no load at all, so that
 * a role does not ask for more while what it has asked for is coming.
 */
import { age } from '../age.js';
import type { RoleConfig } from '../groups/config.js';
import { type Load, parseCondition } from '../groups/expressions.js';
import type { Census } from './census.js';

export interface Wish {
  readonly wish: 'grow' | 'shrink' | 'stay';
  readonly why: string;
}

const stay = (why: string): Wish => ({ wish: 'stay', why });

export function wishOf(
  { outExpression, inExpression, warmUp }: RoleConfig,
  { coming, serving }: Census,
  now: number,
): Wish {
  if (outExpression === undefined && inExpression === undefined) return stay('there is no expression');
  const warm = serving.filter(({ since }) => now - since >= warmUp);
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
    return { wish: 'shrink', why: `${inExpression} is true ${about}` };
  }
  const unknown = [grows === undefined ? outExpression : '', shrinks === undefined ? inExpression : ''];
  const named = unknown.filter((text) => text !== '' && text !== undefined);
  if (named.length > 0) return stay(`nothing is known of ${named.join(' and ')}: ${about}, none reports it`);
  const said = [outExpression, inExpression].filter((text) => text !== undefined);
  return stay(`${said.join(' is false, and ')} is false ${about}`);
}

/** The load of a node that nobody uses yet, by the metrics that the others report. */
function idle(loads: readonly Load[]): Load {
  const metrics = loads.flatMap((load) => Object.keys(load.metrics ?? {})).map((name) => [name, 0] as const);
  return { connections: 0, publishers: 0, subscribers: 0, metrics: Object.fromEntries(metrics) };
}

const nodes = (count: number): string => `${count} ${count === 1 ? 'node' : 'nodes'}`;
