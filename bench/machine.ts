/** What the figures were measured on: without it they say nothing. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export type Machine = Readonly<Record<string, string | number>>;

/** The first line that a program says about its version; what is missing is told as such. */
function versionOf(programs: readonly string[], args: readonly string[], version: RegExp): string {
  for (const program of programs) {
    try {
      const said = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return version.exec(said)?.[0] ?? 'unknown';
    } catch {
      // Not on the PATH: the next one.
    }
  }
  return 'none';
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${type()} ${release().split('-')[0]}`,
    node: process.version,
    terraform: versionOf(['terraform', 'tofu'], ['version'], /(Terraform|OpenTofu) v[\w.-]+/),
    redis: versionOf(['redis-server', 'valkey-server'], ['--version'], /v=[\w.]+/),
  };
}

export const machineLine = (machine: Machine): string =>
  Object.entries(machine)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
