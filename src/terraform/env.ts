/** The environment of Terraform and all that it starts: an allow-list, so that the worker’s own secrets stay here. */
import { NodeyardError } from '../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Marks every process of a run, so that a later worker can find what an earlier one left. */
export const RUN_MARK = 'NODEYARD_RUN_ID';
export type ChildEnv = Readonly<Record<string, string>> & { readonly [RUN_MARK]: string };

/** `*` stands for any rest of a name. */
const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LANG', 'LC_*'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR'],
] as const;

/** What the common providers and registries read. The setting `terraform.passEnv` adds to it. */
export const DEFAULT_PASS_ENV: readonly string[] = [
  ...['AWS_*', 'GOOGLE_*', 'GCLOUD_*', 'CLOUDSDK_*', 'ARM_*', 'AZURE_*', 'OCI_*', 'OS_*'],
  ...['DIGITALOCEAN_*', 'HCLOUD_*', 'LINODE_*', 'VULTR_*', 'SCW_*', 'OVH_*', 'TF_TOKEN_*'],
];

/** Stronger than any pattern: they would change what Terraform does, or carry the worker’s secrets into it. */
const NEVER = [
  ...['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODEYARD_*', 'REDIS_*'],
  ...['TF_CLI_ARGS*', 'TF_CLI_CONFIG_FILE', 'TF_WORKSPACE', 'TF_LOG*', 'TF_DATA_DIR', 'TF_INPUT'],
  ...['TF_IN_AUTOMATION', 'TF_PLUGIN_CACHE_DIR'],
] as const;

export interface ChildEnvOptions {
  /** The worker’s own. */
  readonly env: Environment;
  readonly runId: string;
  /** The bundle’s initialized directory. */
  readonly dataDir: string;
  readonly cliConfigFile?: string | undefined;
  /** Names or prefixes (`AWS_*`) that pass besides the ones that every program needs. */
  readonly passEnv?: readonly string[] | undefined;
  /** Terraform’s own trace level, for hunting a fault: it prints secrets. */
  readonly traceLevel?: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | undefined;
}

export function childEnv(options: ChildEnvOptions): ChildEnv {
  const { env: parent, runId, dataDir, cliConfigFile, passEnv = DEFAULT_PASS_ENV, traceLevel } = options;
  const passes = namesLike([...PASSED, ...passEnv]);
  const never = namesLike(NEVER);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value !== undefined && passes(name) && !never(name)) env[name] = value;
  }
  if (cliConfigFile !== undefined) env['TF_CLI_CONFIG_FILE'] = cliConfigFile;
  if (traceLevel !== undefined) env['TF_LOG'] = traceLevel;
  return {
    ...env,
    TF_DATA_DIR: dataDir,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    [RUN_MARK]: validRunId(runId),
  };
}

/** A run id stands in an environment that is searched for it, so it holds nothing that could be mistaken. */
export function validRunId(runId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(runId)) return runId;
  throw new NodeyardError(
    'INVALID_INPUT',
    'A run id has 1 to 128 letters, digits, dots, dashes or underscores.',
    {
      field: 'runId',
    },
  );
}

/** Whether a name is one of these; `AWS_*` stands for every name that begins so. */
export function namesLike(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (name) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
