/**
 * The expressions of a role: a condition over the loads of its nodes (`avg(connections) > 100 && count(connections) < 8`), and a number
 * of one node (`connections / 200`). They are read once, by us; nothing of them is ever run as a program.
 */
import { numberOf, truthOf } from './expressions/evaluate.js';
import type { Load } from './expressions/load.js';
import { readNumber, readTruth } from './expressions/syntax.js';

export type { Load } from './expressions/load.js';

/** Undefined where what it needs is not known: no node reports the metric, or it would divide by zero. */
export type Condition = (loads: readonly Load[]) => boolean | undefined;

/** Undefined where the node does not report what it needs. */
export type Measure = (load: Load) => number | undefined;

/** Throws INVALID_INPUT with the place of what is wrong. */
export function parseCondition(text: string): Condition {
  const tree = readTruth(text, 'nodes');
  return (loads) => truthOf(tree, loads);
}

/** Throws INVALID_INPUT with the place of what is wrong. */
export function parseMeasure(text: string): Measure {
  const tree = readNumber(text, 'node');
  return (load) => numberOf(tree, [load]);
}
