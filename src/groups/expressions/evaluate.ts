/**
 * What an expression comes to. What nobody reports is not known, and neither is what depends on it, except where the rest
 * decides alone: `false && unknown` is false.
 */
import type { Load } from './load.js';
import { reported } from './metrics.js';
import type { Aggregate, NumberTree, TruthTree } from './syntax.js';

export function truthOf(tree: TruthTree, loads: readonly Load[]): boolean | undefined {
  switch (tree.is) {
    case 'not': {
      const of = truthOf(tree.of, loads);
      return of === undefined ? undefined : !of;
    }
    case 'and':
      return decided(tree, loads, false);
    case 'or':
      return decided(tree, loads, true);
    case 'comparison': {
      const left = numberOf(tree.left, loads);
      const right = numberOf(tree.right, loads);
      return left === undefined || right === undefined ? undefined : compare(tree.operator, left, right);
    }
  }
}

/** `by` on either side decides. */
function decided(
  { left, right }: { readonly left: TruthTree; readonly right: TruthTree },
  loads: readonly Load[],
  by: boolean,
): boolean | undefined {
  const sides = [truthOf(left, loads), truthOf(right, loads)];
  if (sides.includes(by)) return by;
  return sides.includes(undefined) ? undefined : !by;
}

function compare(operator: '<' | '>' | '<=' | '>=', left: number, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
  }
}

/** A number of one node is read with that node’s load alone. */
export function numberOf(tree: NumberTree, loads: readonly Load[]): number | undefined {
  switch (tree.is) {
    case 'constant':
      return tree.value;
    case 'metric': {
      const [load] = loads;
      return load === undefined ? undefined : reported(load, tree.metric);
    }
    case 'aggregate': {
      const known = loads.map((load) => reported(load, tree.metric)).filter((value) => value !== undefined);
      return aggregated(tree.aggregate, known);
    }
    case 'negative': {
      const of = numberOf(tree.of, loads);
      return of === undefined ? undefined : -of;
    }
    case 'arithmetic': {
      const left = numberOf(tree.left, loads);
      const right = numberOf(tree.right, loads);
      return left === undefined || right === undefined ? undefined : calculate(tree.operator, left, right);
    }
  }
}

/** Nothing is known of the average of nothing; its sum and its count are 0. */
function aggregated(aggregate: Aggregate, known: readonly number[]): number | undefined {
  const sum = known.reduce((total, value) => total + value, 0);
  switch (aggregate) {
    case 'count':
      return known.length;
    case 'sum':
      return sum;
    case 'avg':
      return known.length === 0 ? undefined : sum / known.length;
    case 'min':
      return known.length === 0 ? undefined : Math.min(...known);
    case 'max':
      return known.length === 0 ? undefined : Math.max(...known);
  }
}

/** Undefined where there is no such number: a division by zero. */
function calculate(operator: '+' | '-' | '*' | '/', left: number, right: number): number | undefined {
  const value = { '+': left + right, '-': left - right, '*': left * right, '/': left / right }[operator];
  return Number.isFinite(value) ? value : undefined;
}
