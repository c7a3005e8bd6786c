import { describe, expect, it } from 'vitest';
import { childEnv } from '../../src/terraform/env.js';

const ours = {
  TF_DATA_DIR: '/bundles/a/1',
  TF_IN_AUTOMATION: '1',
  TF_INPUT: '0',
  CHECKPOINT_DISABLE: '1',
  NODEYARD_RUN_ID: 'node-1.7',
};
const build = (env: Record<string, string | undefined>, more: object = {}) =>
  childEnv({ env, runId: 'node-1.7', dataDir: '/bundles/a/1', ...more });

describe('the environment of Terraform', () => {
  it('holds only ours when the worker has nothing to pass', () => {
    expect(build({ SECRET_OF_THE_WORKER: 'x', PATH: undefined })).toEqual(ours);
  });

  it('passes what every program needs, proxies in both cases, and the credentials of the clouds', () => {
    const passed = {
      PATH: '/bin',
      HOME: '/home/n',
      LC_ALL: 'C',
      HTTPS_PROXY: 'http://p:1',
      https_proxy: 'http://p:1',
      SSL_CERT_FILE: '/ca',
      AWS_PROFILE: 'p',
      GOOGLE_PROJECT: 'g',
      ARM_CLIENT_ID: 'a',
      TF_TOKEN_app_terraform_io: 't',
    };
    expect(build(passed)).toEqual({ ...passed, ...ours });
  });

  it('never passes what would change Terraform or carry secrets, whatever the patterns say', () => {
    const kept = {
      NODE_OPTIONS: '--inspect',
      NODE_EXTRA_CA_CERTS: '/ca',
      TF_CLI_ARGS: '-destroy',
      TF_CLI_ARGS_apply: '-destroy',
      TF_CLI_CONFIG_FILE: '/theirs',
      TF_WORKSPACE: 'other',
      TF_LOG: 'TRACE',
      TF_LOG_PATH: '/tmp/x',
      TF_DATA_DIR: '/theirs',
      TF_PLUGIN_CACHE_DIR: '/cache',
      NODEYARD_STATE_KEY: 'k',
      REDIS_URL: 'redis://:p@h',
    };
    expect(build(kept, { passEnv: ['*'] })).toEqual(ours);
  });

  it('takes the patterns of the settings instead of the list of clouds', () => {
    expect(build({ SIM_TOKEN: 't', SIMILAR: 's', AWS_PROFILE: 'p' }, { passEnv: ['SIM_*'] })).toEqual({
      SIM_TOKEN: 't',
      ...ours,
    });
  });

  it('names our CLI configuration and a trace level where they are given', () => {
    expect(build({}, { cliConfigFile: '/c.tfrc', traceLevel: 'DEBUG' })).toEqual({
      TF_CLI_CONFIG_FILE: '/c.tfrc',
      TF_LOG: 'DEBUG',
      ...ours,
    });
  });

  it.each(['', '../x', 'a b', 'a\nB=c', 'x'.repeat(129)])('refuses the run id %j', (runId) => {
    expect(() => childEnv({ env: {}, runId, dataDir: '/d' })).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'runId' }),
    );
  });
});
