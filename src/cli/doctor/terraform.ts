/** Checks of what a run needs: Terraform, the provider mirror, the stacks, the credentials of a cloud. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Config, searchPath } from '../../config.js';
import { readSimulatedCloud } from '../../rehearsal/description.js';
import { findTerraform } from '../../terraform/binary.js';
import { type CheckResult, fail, failBy, ok, skipped, warn } from './check.js';

type Environment = Readonly<Record<string, string | undefined>>;

export async function checkTerraform(config: Config, env: Environment): Promise<CheckResult> {
  try {
    const path = searchPath(config, env);
    const found = await findTerraform({
      searchPath: path,
      env: { ...env, PATH: path },
      setting: config.terraform.binary,
    });
    return ok('terraform', `${found.product} ${found.version} (${found.path})`);
  } catch (error) {
    return failBy('terraform', error);
  }
}

/** A rehearsal is no fault, and yet nothing that one shall overlook. */
export function checkSimulatedCloud({ simulatedCloud }: Config): CheckResult {
  const name = 'simulated-cloud';
  if (simulatedCloud === undefined) return ok(name, 'none set: nodes live in the real cloud');
  try {
    const { resources, dataSources } = readSimulatedCloud(simulatedCloud);
    const types = [...resources, ...dataSources.map((type) => `data.${type}`)].join(', ');
    return warn(
      name,
      `REHEARSAL: all nodes live in ${simulatedCloud}, which has ${types}`,
      'For real nodes unset NODEYARD_SIMULATED_CLOUD, with a Redis and a data directory of their own.',
    );
  } catch (error) {
    return failBy(name, error);
  }
}

export async function checkProviderMirror(config: Config): Promise<CheckResult> {
  const name = 'provider-mirror';
  const { providerMirror } = config.terraform;
  if (config.simulatedCloud !== undefined) return skipped(name, 'providers come from the simulated cloud');
  if (providerMirror === undefined) return ok(name, 'none set: providers come from their registry');
  if (!isAbsolute(providerMirror)) return ok(name, `${providerMirror} (a network mirror; not asked)`);
  try {
    const hosts = await readdir(providerMirror);
    if (hosts.length > 0) return ok(name, `${providerMirror} has ${hosts.join(', ')}`);
    return warn(name, `${providerMirror} is empty`, 'Fill it with `terraform providers mirror`.');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return fail(
      name,
      `${providerMirror} cannot be read (${code})`,
      'Correct NODEYARD_TERRAFORM_PROVIDER_MIRROR, or make the directory readable.',
    );
  }
}

export async function checkStacks({ stacks }: Config): Promise<CheckResult> {
  const { loadCatalog } = await import('../../../stacks/catalog.js');
  try {
    const names = (await loadCatalog(stacks)).list().map(({ name }) => name);
    return ok('stacks', names.join(', '));
  } catch (error) {
    return failBy('stacks', error);
  }
}

/** Ways in which the AWS provider gets credentials; each a set of variables that go together. */
const CREDENTIALS = [
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ['AWS_PROFILE'],
  ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
] as const;

/** Names of variables only; what they hold is a secret. */
export function checkCredentials(env: Environment, { simulatedCloud }: Config): CheckResult {
  const name = 'cloud-credentials';
  if (simulatedCloud !== undefined) return skipped(name, 'a rehearsal passes none on');
  const isSet = (variable: string): boolean => (env[variable] ?? '') !== '';
  const complete = CREDENTIALS.find((variables) => variables.every(isSet));
  if (complete !== undefined) return ok(name, `AWS: ${complete.join(' and ')} set (not tried)`);
  const half = CREDENTIALS.find((variables) => variables.some(isSet));
  if (half !== undefined) {
    const missing = half.filter((variable) => !isSet(variable));
    return warn(name, `AWS: ${missing.join(' and ')} not set`, `Set ${half.join(' and ')} together.`);
  }
  const shared = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(env['HOME'] ?? '/', '.aws', 'credentials');
  if (existsSync(shared)) return ok(name, `AWS: ${shared} (not tried)`);
  return warn(
    name,
    'AWS: none in the environment; only an instance’s own role could serve',
    'Needed for aws-node only: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, where the worker runs.',
  );
}
