/** A directory with one configuration, and the real Terraform in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TerraformResult {
  readonly status: number | null;
  readonly output: string;
}

export interface StateResource {
  readonly type: string;
  readonly name: string;
  readonly instances: { status?: string; attributes: Record<string, unknown> }[];
}

export interface State {
  readonly outputs: Record<string, { value: unknown; sensitive?: boolean }>;
  readonly resources: StateResource[];
}

export interface TerraformDirectory {
  readonly path: string;
  write(configuration: string): void;
  /** Starts it and comes back at once; `result` never rejects. */
  start(...args: string[]): { readonly child: ChildProcess; readonly result: Promise<TerraformResult> };
  run(...args: string[]): Promise<TerraformResult>;
  state(): State;
  /** Rewrites the state, as one would after a kill. */
  editState(edit: (state: State) => void): void;
  remove(): void;
}

export function terraformDirectory(env: Readonly<Record<string, string>> = {}): TerraformDirectory {
  const path = mkdtempSync(join(tmpdir(), 'ny-synth-'));
  const statePath = join(path, 'terraform.tfstate');
  const start = (...args: string[]) => {
    const child = spawn('terraform', [...args], {
      cwd: path,
      env: { PATH: process.env['PATH'], HOME: path, CHECKPOINT_DISABLE: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const result = once(child, 'exit').then(([status]) => ({ status: status as number | null, output }));
    return { child, result: result.then(({ status }) => ({ status, output })) };
  };
  const state = () => JSON.parse(readFileSync(statePath, 'utf8')) as State;
  return {
    path,
    write: (configuration) => writeFileSync(join(path, 'cdk.tf.json'), configuration),
    start,
    run: (...args) => start(...args).result,
    state,
    editState(edit) {
      const edited = state();
      edit(edited);
      writeFileSync(statePath, JSON.stringify(edited));
    },
    remove() {
      if (existsSync(path)) rmSync(path, { recursive: true });
    },
  };
}

export const APPLY = ['apply', '-auto-approve', '-no-color', '-input=false'] as const;
export const DESTROY = ['destroy', '-auto-approve', '-no-color', '-input=false'] as const;

/** A string of a configuration as the template that Terraform takes it for: what a provider would get. */
export async function readTemplate(template: string): Promise<string> {
  const terraform = terraformDirectory({});
  try {
    terraform.write(JSON.stringify({ output: { text: { value: template } } }));
    const { status, output } = await terraform.run(...APPLY);
    if (status !== 0) throw new Error(output);
    return String(terraform.state().outputs['text']?.value);
  } finally {
    terraform.remove();
  }
}
