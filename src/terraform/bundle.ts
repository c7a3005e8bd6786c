/**
 * Bundles: what `terraform init` leaves behind, made once per set of providers and shared by every run, read-only.
 *
 *   <root>/<key>/<generation>/            the shared TF_DATA_DIR; the lock file `.terraform.lock.hcl` lies in it
 *   <root>/<key>/<generation>.damaged     that generation is not given out again; runs that use it keep it
 *   <root>/<key>/unfinished-*             an init at work, or a crashed one; removed by the next initializer
 *
 * A generation appears by a rename and so is always whole. The key is a hash of the providers, of Terraform’s product and
 * version, and of the CLI configuration, because each of them changes what an init would leave.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import { initArgs } from './args.js';
import type { TerraformBinary } from './binary.js';
import { withLock } from './bundle-lock.js';
import { inheritedCliConfig, mirrorCliConfig, type ProviderMirror } from './cli-config.js';
import { classifyText } from './diagnostics.js';
import { childEnv, type Environment } from './env.js';
import { runShort } from './run.js';

/** Local name to source, as `required_providers` has them. */
export type ProviderRequirements = Readonly<
  Record<string, { readonly source: string; readonly version?: string | undefined }>
>;

export interface Bundle {
  readonly key: string;
  readonly generation: number;
  /** For TF_DATA_DIR. */
  readonly dataDir: string;
  /** To be copied into the run’s directory as `.terraform.lock.hcl`; absent without external providers. */
  readonly lockFile?: string;
  /** For TF_CLI_CONFIG_FILE. */
  readonly cliConfigFile?: string;
}

export interface Bundles {
  /** Initializes at most once. Throws CONFIGURATION, NETWORK, BUNDLE, DISK_FULL … when init fails. */
  acquire(requirements: ProviderRequirements): Promise<Bundle>;
  /** The bundle is damaged: the next acquire makes a new one. Runs that use it keep their directory. */
  invalidate(bundle: Bundle): Promise<void>;
}

export interface BundlesOptions {
  /** Absolute directory that the workers of this machine share. */
  readonly root: string;
  readonly binary: TerraformBinary;
  /** The worker’s own environment; init gets what Terraform gets. */
  readonly env: Environment;
  readonly passEnv?: readonly string[] | undefined;
  /** Install from here instead of from the registries. */
  readonly mirror?: ProviderMirror | undefined;
  /** Takes secrets out of what init said, which goes into the error. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly log: Log;
}

const LOCK_FILE = '.terraform.lock.hcl';
const INIT_TIMEOUT_MS = 15 * 60_000;
const MAX_SAID_CHARS = 600;

export function createBundles(options: BundlesOptions): Bundles {
  return new SharedBundles(options);
}

class SharedBundles implements Bundles {
  readonly #options: BundlesOptions;
  /** One initializer per key in this process; the lock file sees to the others. */
  readonly #atWork = new Map<string, Promise<Bundle>>();

  constructor(options: BundlesOptions) {
    this.#options = options;
  }

  async acquire(requirements: ProviderRequirements): Promise<Bundle> {
    const cliConfig = await this.#cliConfig();
    const external = Object.fromEntries(
      Object.entries(requirements)
        .filter(([, { source }]) => !source.startsWith('terraform.io/builtin/'))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    const key = this.#keyOf(external, cliConfig?.text);
    const working = this.#atWork.get(key);
    if (working !== undefined) return working;
    const made = this.#find(key, cliConfig?.file)
      .then((found) => found ?? this.#initializeUnderLock(key, external, cliConfig?.file))
      .finally(() => this.#atWork.delete(key));
    this.#atWork.set(key, made);
    return made;
  }

  async invalidate({ key, generation }: Bundle): Promise<void> {
    this.#options.log.warn({ bundle: key, generation }, 'the bundle is damaged and will be made anew');
    await writeFile(join(this.#options.root, key, `${generation}.damaged`), '', { mode: 0o600 });
  }

  async #find(key: string, cliConfigFile: string | undefined): Promise<Bundle | undefined> {
    const home = join(this.#options.root, key);
    const names = await readdir(home).catch((): string[] => []);
    const newest = Math.max(...generationsIn(names), 0);
    if (newest === 0 || names.includes(`${newest}.damaged`)) return undefined;
    const dataDir = join(home, String(newest));
    const lockFile = join(dataDir, LOCK_FILE);
    return {
      key,
      generation: newest,
      dataDir,
      ...(existsSync(lockFile) ? { lockFile } : {}),
      ...(cliConfigFile === undefined ? {} : { cliConfigFile }),
    };
  }

  async #initializeUnderLock(
    key: string,
    external: ProviderRequirements,
    cliConfigFile: string | undefined,
  ): Promise<Bundle> {
    const home = join(this.#options.root, key);
    await mkdir(home, { recursive: true, mode: 0o700 });
    // One lock for all keys: a plugin cache that a CLI configuration names is not safe for two inits at once.
    return withLock(join(this.#options.root, 'init.lock'), this.#options.log, async () => {
      const found = await this.#find(key, cliConfigFile);
      if (found !== undefined) return found;
      const names = await readdir(home);
      for (const name of names.filter((entry) => entry.startsWith('unfinished-'))) {
        await rm(join(home, name), { recursive: true, force: true });
      }
      const unfinished = await mkdtemp(join(home, 'unfinished-'));
      try {
        await this.#initialize(unfinished, external, cliConfigFile);
        const generation = Math.max(...generationsIn(names), 0) + 1;
        await rename(join(unfinished, 'data'), join(home, String(generation)));
      } finally {
        await rm(unfinished, { recursive: true, force: true });
      }
      const bundle = await this.#find(key, cliConfigFile);
      if (bundle === undefined)
        throw new NodeyardError(
          'BUNDLE',
          'The initialized provider files disappeared; trying again mends it.',
        );
      return bundle;
    });
  }

  /** Leaves the data directory, with the lock file in it, as `data`. Built-in providers need no init at all. */
  async #initialize(
    directory: string,
    external: ProviderRequirements,
    cliConfigFile: string | undefined,
  ): Promise<void> {
    const { binary, env, passEnv, log, redact = (text) => text } = this.#options;
    const data = join(directory, 'data');
    await mkdir(data, { mode: 0o700 });
    if (Object.keys(external).length === 0) return;
    const configuration = { terraform: { required_providers: external } };
    await writeFile(join(directory, 'main.tf.json'), JSON.stringify(configuration), { mode: 0o600 });
    log.info({ providers: external }, 'initializing providers');
    const { exitCode, stdout, stderr, problem } = await runShort({
      file: binary.path,
      args: initArgs(),
      cwd: directory,
      env: childEnv({ env, passEnv, dataDir: data, cliConfigFile, runId: `init-${randomUUID()}` }),
      timeoutMs: INIT_TIMEOUT_MS,
    });
    if (exitCode !== 0) throw initFailure(redact([stderr, stdout, problem].filter(Boolean).join('\n')));
    await rename(join(directory, LOCK_FILE), join(data, LOCK_FILE));
  }

  /** Ours where a mirror is set, else the file that the worker’s environment names. */
  async #cliConfig(): Promise<{ readonly file: string; readonly text: string } | undefined> {
    const { mirror, env, root } = this.#options;
    if (mirror === undefined) {
      const file = inheritedCliConfig(env);
      return file === undefined ? undefined : { file, text: await readFile(file, 'utf8') };
    }
    const text = mirrorCliConfig(mirror);
    const file = join(root, `${hashOf(text)}.tfrc`);
    if (!existsSync(file)) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const unfinished = `${file}.${randomUUID()}`;
      await writeFile(unfinished, text, { mode: 0o600 });
      await rename(unfinished, file);
    }
    return { file, text };
  }

  #keyOf(external: ProviderRequirements, cliConfig: string | undefined): string {
    const { product, version } = this.#options.binary;
    return hashOf(JSON.stringify([external, product, version, cliConfig ?? null]));
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);

const generationsIn = (names: readonly string[]): number[] =>
  names.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number);

/** Init draws a box around its errors and wraps their lines, so its words are put together again first. */
function initFailure(output: string): NodeyardError {
  const words = output.replace(/[╷│╵]/g, ' ').replace(/\s+/g, ' ').trim();
  const said = words.slice(Math.max(0, words.indexOf('Error: '))).slice(0, MAX_SAID_CHARS);
  return new NodeyardError(classifyText(words), `Initializing the providers failed. ${said}`);
}
