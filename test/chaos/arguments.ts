/** What the command line of a chaos run says. */
import { parseArgs } from 'node:util';
import type { ChaosRequest } from './plan.js';

export interface ChaosOptions extends ChaosRequest {
  /** Only prints the plan. */
  readonly plan: boolean;
  readonly json: boolean;
  /** Keeps the directory of a run that went well, too. */
  readonly keep: boolean;
}

export type ChaosArguments = ChaosOptions | { readonly help: true } | { readonly problem: string };

export const USAGE = `Usage: npm run chaos -- [options]

  --nodes N      nodes that are asked for, 1–1000 (20)
  --minutes M    of attack; the healing comes on top (1)
  --seed S       a word; the same one makes the same plan (by chance)
  --workers N    worker processes, 1–16 (3)
  --plan         print the plan as JSON and do nothing
  --json         print the result as JSON
  --keep         keep the directory of the run when nothing is wrong, too
`;

/** `chance` is the seed where none is given. */
export function readArguments(args: readonly string[], chance: string): ChaosArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '20' },
        minutes: { type: 'string', default: '1' },
        seed: { type: 'string', default: chance },
        workers: { type: 'string', default: '3' },
        plan: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { help: true };
    const { plan, json, keep, seed } = values;
    return {
      nodes: whole('nodes', values.nodes, 1000),
      minutes: minutes(values.minutes),
      workers: whole('workers', values.workers, 16),
      seed,
      plan,
      json,
      keep,
    };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`--${name} must be a whole number from 1 to ${most}, not ${JSON.stringify(text)}.`);
}

function minutes(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 24 * 60) return value;
  throw new Error(`--minutes must be a number above 0, at most 1440, not ${JSON.stringify(text)}.`);
}
