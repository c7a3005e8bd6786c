/**
 * The model of the system: fast-check drives random interleavings of everything that producers, workers, Terraform, the cloud, the queue
 * and time may do, and asks the invariants after each step.
 *
 * What is real: the operations (create, destroy, recovery, clean-ups), the workers’ handlers, the reconciler with all its rules, the client;
 * the store, the state repository and the quarantine in a real Redis; the run directories on a real disk; CDKTF. What stands in: Terraform
 * (an actor that can be killed between any two steps; one contract with the real one: test/operations/machine.test.ts), the cloud, BullMQ,
 * and time. So the product’s own code is attacked, not a drawing of it: that was found to run at some hundred steps per second, because
 * a step is one call of a port, a Redis script or a small file, and no process is ever started.
 *
 * A walk has two parts: the storm, whose steps are counted, and the rest that follows it (heal.ts).
 */
import { join } from 'node:path';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { Coverage } from './coverage.js';
import { destroyEverything, healAndRest } from './heal.js';
import { type Step, walk } from './steps.js';
import { type Mutation, Violation, World } from './world.js';

export interface ModelOptions {
  /** Its database is emptied again and again. */
  readonly redis: Redis;
  /** For run directories; what is in it goes. */
  readonly directory: string;
  readonly seed: number;
  /** At least so many steps are taken in storms. */
  readonly steps: number;
  /** Of one walk, at most. Default 250. */
  readonly stepsOfAWalk?: number;
  readonly mutation?: Mutation;
  /** How long (ms) a failing walk may be made shorter. Default two minutes; 0: not at all. */
  readonly shrinkMs?: number;
  /** What a failing run has printed: the walk is taken once more, and nothing else. */
  readonly replay?: Replay;
  /** Hears of each step. */
  readonly trace?: (line: string) => void;
  readonly onWalk?: (so: { readonly steps: number; readonly walks: number }) => void;
}

export interface Replay {
  readonly path: string;
  readonly replayPath: string;
}

export interface ModelReport {
  /** Taken in storms, and while the fleet came to rest. */
  readonly steps: number;
  readonly restSteps: number;
  readonly walks: number;
  readonly coverage: Coverage;
  readonly failure?: ModelFailure;
}

export interface ModelFailure extends Replay {
  readonly seed: number;
  readonly message: string;
  /** Names of functions in invariants.ts. */
  readonly invariants: readonly string[];
  /** The steps of the walk. */
  readonly walk: string;
}

const STEPS_OF_A_WALK = 500;
const WALKS_OF_A_BATCH = 4;
const SHRINK_MS = 120_000;

export async function runModel(options: ModelOptions): Promise<ModelReport> {
  const { redis, directory, mutation, trace, replay, onWalk = () => {} } = options;
  const coverage = new Coverage();
  const taken = { steps: 0, restSteps: 0, walks: 0 };
  const property = fc.asyncProperty(
    walk(options.stepsOfAWalk ?? STEPS_OF_A_WALK, replay?.replayPath),
    async (steps) => {
      const world = await World.open({
        redis,
        coverage,
        mutation,
        trace,
        directory: join(directory, 'walk'),
      });
      let storm: number | undefined;
      try {
        await fc.asyncModelRun(() => ({ model: world, real: world }), steps);
        storm = world.steps;
        world.storm = false;
        await healAndRest(world);
        await destroyEverything(world, redis);
      } finally {
        taken.walks += 1;
        taken.steps += storm ?? world.steps;
        taken.restSteps += world.steps - (storm ?? world.steps);
        onWalk(taken);
        world.close();
      }
    },
  );
  for (let { seed } = options; taken.steps < options.steps; seed += 1) {
    const { shrinkMs = SHRINK_MS } = options;
    const details = await fc.check(property, {
      seed,
      numRuns: WALKS_OF_A_BATCH,
      endOnFailure: replay !== undefined || shrinkMs === 0,
      interruptAfterTimeLimit: shrinkMs === 0 ? 2 ** 31 - 1 : shrinkMs,
      ...(replay === undefined ? {} : { path: replay.path }),
    });
    if (details.failed) return { ...taken, coverage, failure: failureOf(details, seed) };
    if (replay !== undefined) break;
  }
  return { ...taken, coverage };
}

/** The command that takes a failing walk once more. */
export const againOf = ({ seed, path, replayPath }: ModelFailure): string =>
  `npm run model -- --seed ${seed} --path ${path} --replay ${replayPath}`;

function failureOf(details: fc.RunDetails<[Iterable<Step>]>, seed: number): ModelFailure {
  const { counterexample, counterexamplePath, errorInstance: error } = details;
  const walked = String(counterexample?.[0]);
  return {
    seed,
    path: counterexamplePath ?? '',
    replayPath: /replayPath="([^"]*)"/.exec(walked)?.[1] ?? '',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    invariants: error instanceof Violation ? error.invariants : [],
    walk: walked,
  };
}
