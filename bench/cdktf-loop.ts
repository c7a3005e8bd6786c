/**
 * The loop of `cdktf deploy` and `cdktf destroy`, a directory per node. Its CLI is a dependency of this comparison alone, with
 * a lock file and modules of its own in bench/cdktf, installed when it is first asked for.
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FleetSide, loopPass } from './fleet-sides.js';
import { cpuSecondsSaid, runCommand, SHELL_LOOP } from './plain-terraform.js';
import type { BenchContext } from './report.js';
import type { BenchYard } from './yard.js';

const HOME = fileURLToPath(new URL('./cdktf', import.meta.url));
const CLI = join(HOME, 'node_modules', '.bin', 'cdktf');
const APP = fileURLToPath(new URL('./stacks/cdktf-app.mjs', import.meta.url));
const AT_ONCE = [1, 2] as const;
const MAX_SAID_LINES = 5;

/** Its sides, or in words why it cannot run here. */
export async function openCdktfLoop(
  yard: BenchYard,
  count: number,
  { signal, say }: BenchContext,
): Promise<Readonly<Record<string, FleetSide>> | string> {
  const loop = new CdktfLoop(yard, signal);
  try {
    await installCli(signal, say);
    // One node alone: a CLI that does not work offline says so here.
    await loop.side(1, 1)();
  } catch (error) {
    signal.throwIfAborted();
    return lastLines(String((error as Error).message));
  }
  return Object.fromEntries(AT_ONCE.map((atOnce) => [`cdktf -P ${atOnce}`, loop.side(count, atOnce)]));
}

/** npm writes its hidden lock file last, so an interrupted installation is begun again. */
async function installCli(signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const installed = join(HOME, 'node_modules', '.package-lock.json');
  const wanted = join(HOME, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  say('fleet: installing cdktf-cli for this comparison (npm ci in bench/cdktf)');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  await runCommand({ file: 'npm', args, cwd: HOME, env: process.env }, signal);
}

class CdktfLoop {
  readonly #root: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;
  #directories = 0;

  constructor(yard: BenchYard, signal: AbortSignal) {
    this.#root = join(yard.dataDir, 'cdktf');
    this.#signal = signal;
    this.#env = {
      ...yard.env,
      // Its settings and caches must not stay in anybody’s home.
      HOME: this.#root,
      CI: '1',
      NO_COLOR: '1',
      CHECKPOINT_DISABLE: '1',
      DISABLE_VERSION_CHECK: '1',
    };
  }

  side(count: number, atOnce: number): FleetSide {
    return async (onStart) => {
      const directories = Array.from({ length: count }, () => this.#directory());
      const pass = (verb: 'deploy' | 'destroy') =>
        loopPass(() => this.#loop(verb, directories, atOnce, onStart));
      return { create: await pass('deploy'), destroy: await pass('destroy') };
    };
  }

  #directory(): string {
    this.#directories += 1;
    const directory = join(this.#root, `c${this.#directories}`);
    mkdirSync(directory, { recursive: true });
    const settings = { language: 'typescript', app: `${process.execPath} ${APP}`, sendCrashReports: 'false' };
    writeFileSync(join(directory, 'cdktf.json'), JSON.stringify({ ...settings, projectId: 'bench' }));
    return directory;
  }

  async #loop(
    verb: 'deploy' | 'destroy',
    directories: readonly string[],
    atOnce: number,
    onStart: ((pid: number) => void) | undefined,
  ): Promise<number> {
    const script = 'cd "$1" && exec "$2" "$3" --auto-approve >&2';
    const said = await runCommand(
      {
        file: 'bash',
        args: [SHELL_LOOP, String(atOnce), 'sh', '-c', script, 'sh', '{}', CLI, verb],
        cwd: this.#root,
        env: this.#env,
        input: directories.join('\n'),
        onStart,
      },
      this.#signal,
    );
    return cpuSecondsSaid(said);
  }
}

const lastLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-MAX_SAID_LINES)
    .join(' / ');
