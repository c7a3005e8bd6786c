/** Command lines of Terraform and OpenTofu, built without side effects. Both products take the same flags. */
import { NodeyardError } from '../errors.js';

/** No prompt, no colour, and no state lock: the node’s lease is the lock. */
const UNATTENDED = ['-input=false', '-no-color', '-lock=false'] as const;
const JSON_LINES = ['-json', ...UNATTENDED] as const;
/** The harvested state is kept elsewhere; a backup beside it would only hold the same secrets twice. */
const NO_BACKUP = '-backup=-';

export interface WalkOptions {
  /** Operations that Terraform does at once, 1–1000. */
  readonly parallelism: number;
  /** False skips reading the real resources first: the second rung of a destroy that cannot be planned. */
  readonly refresh?: boolean;
}
export interface PlanOptions extends WalkOptions {
  /** Where the plan is written. */
  readonly out: string;
}
export interface ApplyPlanOptions {
  readonly planFile: string;
  readonly parallelism: number;
}

/** Text output, because `init -json` is younger than the oldest Terraform that is supported. */
export function initArgs(): string[] {
  return ['init', ...UNATTENDED, '-backend=false'];
}

export function planArgs({ out, ...walk }: PlanOptions): string[] {
  return ['plan', ...JSON_LINES, ...walkFlags(walk), `-out=${out}`];
}

export function applyArgs(options: WalkOptions): string[] {
  return ['apply', '-auto-approve', ...JSON_LINES, NO_BACKUP, ...walkFlags(options)];
}

/** Applies a stored plan, exactly: it refuses when the state has changed since. */
export function applyPlanArgs({ planFile, parallelism }: ApplyPlanOptions): string[] {
  if (planFile === '' || planFile.startsWith('-')) {
    throw new NodeyardError('INVALID_INPUT', 'The plan file must be a path that does not begin with "-".', {
      field: 'planFile',
    });
  }
  return ['apply', ...JSON_LINES, NO_BACKUP, parallelismFlag(parallelism), planFile];
}

export function destroyArgs(options: WalkOptions): string[] {
  return ['destroy', '-auto-approve', ...JSON_LINES, NO_BACKUP, ...walkFlags(options)];
}

function walkFlags({ parallelism, refresh = true }: WalkOptions): string[] {
  return [parallelismFlag(parallelism), ...(refresh ? [] : ['-refresh=false'])];
}

function parallelismFlag(parallelism: number): string {
  if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > 1000) {
    throw new NodeyardError(
      'CONFIG_INVALID',
      'terraform.parallelism must be a whole number from 1 to 1000.',
      {
        field: 'terraform.parallelism',
      },
    );
  }
  return `-parallelism=${parallelism}`;
}
