/**
 * A Terraform on the path that misbehaves on demand: each call of a command plays the next scenario that was set for it, by
 * fake-terraform.mjs; the real Terraform plays where none was set.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REAL_TERRAFORM } from './terraform-binary.js';
import { FAKE_TERRAFORM } from './terraform-run.js';

const COMMANDS = ['apply', 'plan', 'destroy'] as const;
type Command = (typeof COMMANDS)[number];

export interface Step {
  readonly print?: object;
  readonly text?: string;
  readonly stderr?: string;
  /** Bytes of one line, in whole MiB. */
  readonly longLine?: number;
  readonly lines?: number;
  readonly spawn?: readonly string[];
  /** Content of the state file. */
  readonly state?: string;
  /** Names of variables to give away. */
  readonly echo?: readonly string[];
  readonly raise?: NodeJS.Signals;
  readonly exit?: number;
  readonly hang?: true;
  readonly untilFile?: string;
}

export interface Scenario {
  readonly steps: readonly Step[];
  readonly onTerm?: 'save' | 'ignore';
}

export interface Call {
  /** Of the Terraform itself: the script becomes it. */
  readonly pid: number;
  readonly args: string;
}

const SCRIPT = `#!/bin/sh
home=$(dirname "$0")
[ "$1" = version ] && exec "${REAL_TERRAFORM}" "$@"
printf '%s %s\\n' "$$" "$*" >>"$home/calls"
printf x >>"$home/$1.count"
scenario=$home/$1.$(wc -c <"$home/$1.count" | tr -d ' ')
[ -e "$scenario" ] || scenario=$home/$1.rest
[ -s "$scenario" ] || exec "${REAL_TERRAFORM}" "$@"
cp "$scenario" scenario.json
exec "${FAKE_TERRAFORM}" "$@"
`;

export class HostileTerraform {
  readonly #home = mkdtempSync(join(tmpdir(), 'ny-hostile-'));

  constructor() {
    writeFileSync(this.binary, SCRIPT);
    chmodSync(this.binary, 0o755);
    for (const command of COMMANDS) this.on(command);
  }

  /** For NODEYARD_TERRAFORM_BINARY. */
  get binary(): string {
    return join(this.#home, 'terraform');
  }

  /** What the next calls of the command do, one after the other; the last one repeats. */
  on(command: Command, ...scenarios: readonly (Scenario | 'real')[]): void {
    const write = (name: string, scenario: Scenario | 'real' = 'real'): void =>
      writeFileSync(
        join(this.#home, `${command}.${name}`),
        scenario === 'real' ? '' : JSON.stringify(scenario),
      );
    for (const name of readdirSync(this.#home)) {
      if (name.startsWith(`${command}.`)) rmSync(join(this.#home, name));
    }
    write('count');
    scenarios.forEach((scenario, index) => {
      write(String(index + 1), scenario);
    });
    write('rest', scenarios.at(-1));
  }

  /** Forgets calls and scenarios. */
  reset(): void {
    for (const command of COMMANDS) this.on(command);
    rmSync(join(this.#home, 'calls'), { force: true });
  }

  calls(command?: Command): Call[] {
    const file = join(this.#home, 'calls');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines
      .map((line) => /^(\d+) (.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, pid = '', args = '']) => ({ pid: Number(pid), args }))
      .filter(({ args }) => command === undefined || args.startsWith(command));
  }

  /** The path of a file beside the scenarios, for what a scenario waits for or writes. */
  file(name: string): string {
    return join(this.#home, `file-${name}`);
  }

  close(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** A zombie that waits for the machine’s first process to notice its end does not run any more. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout.trim());
}

/** An error as Terraform prints it. */
export const diagnostic = (summary: string, more: { detail?: string; address?: string } = {}): Step => ({
  print: {
    type: 'diagnostic',
    '@level': 'error',
    '@message': `Error: ${summary}`,
    diagnostic: { severity: 'error', summary, detail: '', ...more },
  },
});

const hook = (type: string, addr: string, action: string, more: object = {}): Step => ({
  print: { type, hook: { resource: { addr, resource_type: 'terraform_data' }, action, ...more } },
});
export const applyStart = (addr: string, action = 'create'): Step => hook('apply_start', addr, action);
export const applyComplete = (addr: string, action = 'create'): Step =>
  hook('apply_complete', addr, action, { id_key: 'id', id_value: 'x', elapsed_seconds: 0 });
export const applyErrored = (addr: string, action = 'create'): Step =>
  hook('apply_errored', addr, action, { elapsed_seconds: 0 });
