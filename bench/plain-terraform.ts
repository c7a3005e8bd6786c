/**
 * Terraform without nodeyard: directories that hold the very configuration that a job applied, initialized once, through
 * the very data directory, environment and flags of a run. Only `-json` is left out, as people do.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { searchPath } from '../src/config.js';
import { silentLog } from '../src/log.js';
import type { NodeRecord } from '../src/node/record.js';
import { applyArgs, destroyArgs } from '../src/terraform/args.js';
import { findTerraform } from '../src/terraform/binary.js';
import { createBundles } from '../src/terraform/bundle.js';
import { childEnv } from '../src/terraform/env.js';
import type { BenchYard } from './yard.js';

/** See there for its arguments. */
export const SHELL_LOOP = fileURLToPath(new URL('./shell-loop.bash', import.meta.url));

export type Verb = 'apply' | 'destroy';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Hears of the process that was started. */
  readonly onStart?: ((pid: number) => void) | undefined;
}

/** Runs a command to its end and answers what it said on stderr. Throws when it fails; ends it at the signal. */
export async function runCommand(
  { file, args, cwd, env, input, onStart }: Command,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(file, [...args], { cwd, env, signal, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  child.stdin.end(input);
  if (child.pid !== undefined) onStart?.(child.pid);
  const [said, [code]] = await Promise.all([text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} failed (${code}):\n${said.trimEnd()}`);
  return said;
}

/** Seconds of processor time, from the last line of the shell loop. */
export function cpuSecondsSaid(stderr: string): number {
  const [user, system] = (stderr.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return (user ?? Number.NaN) + (system ?? Number.NaN);
}

export class PlainTerraform {
  readonly #yard: BenchYard;
  readonly #signal: AbortSignal;
  readonly #binary: string;
  readonly #env: Readonly<Record<string, string>>;
  #directories = 0;

  private constructor(parts: { yard: BenchYard; signal: AbortSignal; binary: string; dataDir: string }) {
    this.#yard = parts.yard;
    this.#signal = parts.signal;
    this.#binary = parts.binary;
    this.#env = childEnv({ env: parts.yard.env, runId: 'bench', dataDir: parts.dataDir });
  }

  static async open(yard: BenchYard, signal: AbortSignal): Promise<PlainTerraform> {
    const { app, env } = yard;
    const path = searchPath(app.config, env);
    const setting = app.config.terraform.binary;
    const found = await findTerraform({
      searchPath: path,
      env,
      ...(setting === undefined ? {} : { setting }),
    });
    const bundles = createBundles({
      root: app.directories.bundles,
      binary: found,
      env: { ...env, PATH: path },
      log: silentLog,
    });
    const { dataDir } = await bundles.acquire({});
    return new PlainTerraform({ yard, signal, binary: found.path, dataDir });
  }

  /** What the nodes’ own jobs have applied; only while they live. */
  async configurationsOf(nodes: readonly NodeRecord[]): Promise<readonly string[]> {
    return Promise.all(
      nodes.map(async ({ id }) => {
        const configuration = await this.#yard.app.states.loadConfiguration(id);
        if (configuration === undefined) throw new Error(`node ${id} has no stored configuration`);
        return configuration;
      }),
    );
  }

  /** A new directory for each configuration. */
  directoriesWith(configurations: readonly string[]): readonly string[] {
    return configurations.map((configuration) => {
      this.#directories += 1;
      const directory = join(this.#yard.dataDir, 'plain', String(this.#directories));
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'cdk.tf.json'), configuration);
      return directory;
    });
  }

  /** One Terraform in one directory. */
  async run(verb: Verb, directory: string): Promise<void> {
    await runCommand(
      { file: this.#binary, args: this.#args(verb), cwd: directory, env: this.#env },
      this.#signal,
    );
  }

  /** The shell loop over directories, `atOnce` at a time; answers its processor seconds. */
  async loop(
    verb: Verb,
    directories: readonly string[],
    { atOnce, onStart }: { readonly atOnce: number } & Pick<Command, 'onStart'>,
  ): Promise<number> {
    const said = await runCommand(
      {
        file: 'bash',
        args: [SHELL_LOOP, String(atOnce), this.#binary, '-chdir={}', ...this.#args(verb)],
        cwd: this.#yard.dataDir,
        env: this.#env,
        input: directories.join('\n'),
        onStart,
      },
      this.#signal,
    );
    return cpuSecondsSaid(said);
  }

  #args(verb: Verb): string[] {
    const walk = { parallelism: this.#yard.app.config.terraform.parallelism };
    const args = verb === 'apply' ? applyArgs(walk) : destroyArgs(walk);
    return args.filter((arg) => arg !== '-json');
  }
}
