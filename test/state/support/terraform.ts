/** Terraform itself, for tests that kill it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunPaths } from '../../../src/state/run-paths.js';
import { REAL_TERRAFORM } from '../../support/terraform-binary.js';

export interface TerraformLab {
  readonly env: NodeJS.ProcessEnv;
}

/** A data directory for configurations of terraform_data alone: nothing is downloaded. */
export async function prepareTerraform(base: string): Promise<TerraformLab> {
  const cwd = join(base, 'init');
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'cdk.tf.json'), JSON.stringify({ resource: { terraform_data: { a: {} } } }));
  const env = { PATH: process.env['PATH'], TF_DATA_DIR: join(base, 'data'), CHECKPOINT_DISABLE: '1' };
  execFileSync(REAL_TERRAFORM, ['init', '-input=false'], { cwd, env, stdio: 'ignore' });
  return { env };
}

/** Starts an apply or destroy in its own process group, with its output in the run directory. */
export function startTerraform(
  lab: TerraformLab,
  paths: RunPaths,
  command: 'apply' | 'destroy' = 'apply',
): ChildProcess {
  const out = openSync(paths.log, 'w', 0o600);
  const err = openSync(paths.stderr, 'w', 0o600);
  try {
    return spawn(
      REAL_TERRAFORM,
      [command, '-json', '-auto-approve', '-lock=false', '-backup=-', '-parallelism=50'],
      {
        cwd: paths.path,
        env: lab.env,
        detached: true,
        stdio: ['ignore', out, err],
      },
    );
  } finally {
    closeSync(out);
    closeSync(err);
  }
}
