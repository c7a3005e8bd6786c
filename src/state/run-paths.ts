/** The paths of a run directory, `<root>/<nodeId>.<epoch>.<runId>/`: one property each, so that none is spelled twice. */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NODE_ID } from '../node/request.js';

/** A directory that is being removed bears this before its name. */
export const REMOVED = '.removed.';

export interface RunName {
  readonly nodeId: string;
  readonly epoch: number;
  readonly runId: string;
}

/** What one Terraform process leaves behind. */
export interface ProcessFiles {
  readonly log: string;
  readonly stderr: string;
  readonly pid: string;
  readonly exit: string;
}

/** Where everything of a run stands. */
export class RunPaths {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The synthesized configuration. */
  get configuration(): string {
    return join(this.path, 'cdk.tf.json');
  }
  get lockFile(): string {
    return join(this.path, '.terraform.lock.hcl');
  }
  /** Terraform’s own state file; torn while it is being rewritten, and for good after an unlucky kill. */
  get state(): string {
    return join(this.path, 'terraform.tfstate');
  }
  /** The last whole state that was read. */
  get goodState(): string {
    return join(this.path, 'state.good');
  }
  /** Terraform leaves it when it could not write its state at the end. */
  get erroredState(): string {
    return join(this.path, 'errored.tfstate');
  }
  /** Terraform’s JSON lines. */
  get log(): string {
    return join(this.path, 'run.log');
  }
  get stderr(): string {
    return join(this.path, 'stderr.log');
  }
  /** Pid of Terraform, decimal. */
  get pid(): string {
    return join(this.path, 'pid');
  }
  /** Exit status of Terraform, decimal; absent while it runs. */
  get exit(): string {
    return join(this.path, 'exit');
  }
  get plan(): string {
    return join(this.path, 'plan.tfplan');
  }
  /** The same four files of the plan that goes before an apply. */
  get planFiles(): ProcessFiles {
    const file = (name: string): string => join(this.path, name);
    return {
      log: file('plan.log'),
      stderr: file('plan.stderr.log'),
      pid: file('plan.pid'),
      exit: file('plan.exit'),
    };
  }
  get metaFile(): string {
    return join(this.path, 'run.json');
  }

  /** What the directory’s name says; undefined when it is not the name of a run. */
  get name(): RunName | undefined {
    return parseName(basename(this.path));
  }

  /**
   * Removes the directory in one step (a rename) before its files go one by one: half a directory could be taken for a
   * run whose newest state is an older copy. A directory that is gone already is no error.
   */
  async remove(): Promise<void> {
    const removed = join(dirname(this.path), `${REMOVED}${basename(this.path)}`);
    try {
      await rename(this.path, removed);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    await rm(removed, { recursive: true, force: true });
  }
}

function parseName(name: string): RunName | undefined {
  const [nodeId = '', digits = '', runId = '', ...rest] = name.split('.');
  const epoch = Number(digits);
  const valid = NODE_ID.test(nodeId) && /^[1-9]\d*$/.test(digits) && NODE_ID.test(runId) && rest.length === 0;
  return valid && Number.isSafeInteger(epoch) ? { nodeId, epoch, runId } : undefined;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
