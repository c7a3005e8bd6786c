/** What the guard writes down about its Terraform; see guard.ts. A later worker reads it as well. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';

/** How Terraform ended, as its parent saw it. */
export type TerraformEnd =
  | { readonly exitCode: number; readonly signal?: never }
  | { readonly signal: NodeJS.Signals; readonly exitCode?: never };

/** Undefined: Terraform still runs, or its guard was killed hard (and probably Terraform with it). */
export function readExitFile(exitFile: string): TerraformEnd | undefined {
  const status = readNumber(exitFile);
  if (status === undefined) return undefined;
  const signal = status > 128 ? signalOf(status - 128) : undefined;
  return signal === undefined ? { exitCode: status } : { signal };
}

/** True when Terraform ended by itself and so has written its last state. */
export function endedByItself(end: { readonly exitCode?: number } | undefined): boolean {
  return end?.exitCode === 0 || end?.exitCode === 1;
}

/** Terraform’s pid; it may long be another’s, so ask for the run’s mark before touching it. */
export const readPidFile = (pidFile: string): number | undefined => readNumber(pidFile);

/** Whether Terraform was sent its one TERM. */
export const wasTold = (pidFile: string): boolean => existsSync(stoppedMark(pidFile));

/** Claims the right to send the one TERM; true for one caller only, the guard included. */
export function claimTerm(pidFile: string): boolean {
  try {
    writeFileSync(stoppedMark(pidFile), '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes what an earlier run in the same directory left, or it would be taken for this one’s. */
export function clearRunFiles(files: { readonly pid: string; readonly exit: string }): void {
  for (const file of [files.pid, stoppedMark(files.pid), files.exit]) rmSync(file, { force: true });
}

const stoppedMark = (pidFile: string): string => `${pidFile}.stopped`;

function readNumber(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return /^[0-9]{1,10}\n$/.test(text) ? Number(text) : undefined;
}

function signalOf(number: number): NodeJS.Signals | undefined {
  const names = Object.keys(constants.signals) as NodeJS.Signals[];
  return names.find((name) => constants.signals[name] === number);
}
