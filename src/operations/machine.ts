/**
 * The computer that a worker runs on, as far as runs and their recovery need it besides its files: which processes live,
 * what a run has left running, Terraform itself. A port, because a real machine cannot be stopped between any two steps of
 * its work; whoever stands in for it in a test passes the same contract (test/operations/machine.test.ts).
 */
import { type FileLockOptions, withFileLock } from '../file-lock.js';
import { currentOwner, isAlive, type Liveness, type ProcessOwner } from '../state/owner.js';
import { findRunProcesses, waitOrEndRunProcesses } from '../terraform/processes.js';
import { type RunOptions, startRun, type TerraformRun } from '../terraform/start.js';

export interface Machine {
  /** This process, as a run directory names its owner. */
  self(): ProcessOwner;
  liveness(owner: ProcessOwner): Liveness;
  /** Starts Terraform. Never throws for what is wrong with the process: the result says so. */
  start(options: RunOptions): TerraformRun;
  /** Pids of everything that a run has started and that still lives. */
  runProcesses(runId: string): Promise<readonly number[]>;
  /**
   * Waits for the end of all of them, up to the grace (ms), then kills what is left; `killed` tells whether anything had to
   * be. With the run’s pid file a Terraform whose guard died as well gets its one TERM.
   */
  endRunProcesses(
    runId: string,
    end: { readonly graceMs: number; readonly pidFile: string },
  ): Promise<{ readonly killed: boolean }>;
  /** Runs `step` while no other process of this machine does; undefined, and not run, when the wait was in vain. */
  alone<T>(lock: FileLockOptions, step: () => Promise<T>): Promise<{ readonly result: T } | undefined>;
}

export const thisMachine: Machine = {
  self: () => currentOwner(),
  liveness: (owner) => isAlive(owner),
  start: startRun,
  runProcesses: findRunProcesses,
  endRunProcesses: waitOrEndRunProcesses,
  alone: withFileLock,
};
