/** The sides of the fleet benchmark: each creates and destroys so many nodes, and says what that took. */
import { millisecondsOf } from './measure.js';
import type { PlainTerraform } from './plain-terraform.js';
import type { BenchYard, StackName } from './yard.js';

export interface Pass {
  readonly seconds: number;
  /** Of processor time. */
  readonly cpuSeconds: number;
}

export interface FleetSample {
  readonly create: Pass;
  readonly destroy: Pass;
}

/** `onStart` hears of every process whose tree does the work. */
export type FleetSide = (onStart?: (pid: number) => void) => Promise<FleetSample>;

/** All nodes requested in one moment, worked off by the yard’s worker. */
export function queueSide(yard: BenchYard, stack: StackName, count: number): FleetSide {
  const pass = async (work: () => Promise<unknown>): Promise<Pass> => {
    const cpuBefore = yard.cpuSeconds();
    const seconds = (await millisecondsOf(work)) / 1000;
    return { seconds, cpuSeconds: yard.cpuSeconds() - cpuBefore };
  };
  return async (onStart) => {
    onStart?.(yard.workerPid);
    let nodes: Awaited<ReturnType<BenchYard['create']>> = [];
    const create = await pass(async () => {
      nodes = await yard.create(stack, count);
    });
    return { create, destroy: await pass(() => yard.destroy(nodes)) };
  };
}

/** `xargs -P` over new directories, one per configuration. */
export function loopSide(
  plain: PlainTerraform,
  configurations: readonly string[],
  atOnce: number,
): FleetSide {
  return async (onStart) => {
    const directories = plain.directoriesWith(configurations);
    return {
      create: await loopPass(() => plain.loop('apply', directories, { atOnce, onStart })),
      destroy: await loopPass(() => plain.loop('destroy', directories, { atOnce, onStart })),
    };
  };
}

/** One run of a shell loop, which says its own processor time. */
export async function loopPass(loop: () => Promise<number>): Promise<Pass> {
  let cpuSeconds = Number.NaN;
  const ms = await millisecondsOf(async () => {
    cpuSeconds = await loop();
  });
  return { seconds: ms / 1000, cpuSeconds };
}
