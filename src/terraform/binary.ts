/** Which Terraform is used: the setting first, then `terraform`, then `tofu` on the search path. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import type { Environment } from './env.js';
import { runShort } from './run.js';

export interface TerraformBinary {
  /** Absolute. */
  readonly path: string;
  readonly product: 'terraform' | 'opentofu';
  /** `1.11.4` */
  readonly version: string;
}

export interface FindTerraformOptions {
  /** A path, or a name to look for. */
  readonly setting?: string | undefined;
  /** In the form of PATH. */
  readonly searchPath: string;
  /** For the `version` call. */
  readonly env: Environment;
}

const NEEDED = { terraform: '1.5.0', opentofu: '1.6.0' } as const;
const NAMES = { terraform: 'Terraform', opentofu: 'OpenTofu' } as const;
const VERSION_TIMEOUT_MS = 60_000;

const versionAnswer = z.object({ terraform_version: z.string().regex(/^\d+\.\d+\.\d+/) });

/** Throws TERRAFORM_MISSING, which says what was looked for, what was found and what is needed. */
export async function findTerraform(options: FindTerraformOptions): Promise<TerraformBinary> {
  const { setting, searchPath, env } = options;
  const wanted = setting === undefined || setting === '' ? ['terraform', 'tofu'] : [setting];
  const path = await firstExecutable(wanted, searchPath);
  if (path === undefined) throw missing(`${wanted.join(' and ')} not found on the PATH.`);
  const binary = await askVersion(path, env);
  const needed = NEEDED[binary.product];
  if (compareVersions(binary.version, needed) < 0) {
    throw missing(`${path} is ${NAMES[binary.product]} ${binary.version}; ${needed} or later is needed.`);
  }
  return binary;
}

async function askVersion(path: string, env: Environment): Promise<TerraformBinary> {
  // Without a CLI configuration: a broken one must not hide the version, and this call is quick.
  const { PATH, HOME, TMPDIR } = env;
  const quiet = { PATH, HOME, TMPDIR, CHECKPOINT_DISABLE: '1' };
  const ask = (args: readonly string[]) =>
    runShort({ file: path, args, env: quiet, timeoutMs: VERSION_TIMEOUT_MS });
  const json = await ask(['version', '-json']);
  const answer = versionAnswer.safeParse(parseJson(json.stdout));
  if (json.exitCode !== 0 || !answer.success) {
    const said = json.problem ?? (json.stderr || json.stdout).trim().slice(0, 300);
    throw missing(`${path} does not answer \`version -json\` as Terraform or OpenTofu do: ${said}`);
  }
  // The JSON of both is the same; only the text names the product.
  const text = await ask(['version']);
  return {
    path,
    product: /^OpenTofu\b/m.test(text.stdout) ? 'opentofu' : 'terraform',
    version: answer.data.terraform_version,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function firstExecutable(names: readonly string[], searchPath: string): Promise<string | undefined> {
  const places = searchPath.split(delimiter).filter((place) => isAbsolute(place));
  for (const name of names) {
    const candidates = name.includes('/') ? [resolve(name)] : places.map((place) => join(place, name));
    for (const candidate of candidates) {
      if (await isExecutableFile(candidate)) return candidate;
    }
  }
  return undefined;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** By the three numbers; a pre-release counts as its release. */
function compareVersions(a: string, b: string): number {
  const numbers = (version: string) => version.split(/[.+-]/, 3).map(Number);
  const other = numbers(b);
  const differing = numbers(a)
    .map((number, index) => number - (other[index] ?? 0))
    .find((difference) => difference !== 0);
  return differing ?? 0;
}

const missing = (found: string): NodeyardError =>
  new NodeyardError(
    'TERRAFORM_MISSING',
    `${found} Install Terraform ${NEEDED.terraform} or OpenTofu ${NEEDED.opentofu} or later, put it on the PATH or name it in the settings.`,
    { field: 'terraform.binary' },
  );
