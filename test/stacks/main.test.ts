import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../stacks/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-main-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const show = (env: Record<string, string>) =>
  spawnSync(process.execPath, ['--import', tsx, main], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });

describe('the entry of cdktf.json', () => {
  it('shows a stack with inputs from a file, where the CDK’s tools look for it', () => {
    const inputs = join(root, 'inputs.json');
    writeFileSync(
      inputs,
      JSON.stringify({ region: 'eu-central-1', ami: 'ami-0123456789abcdef0', instanceType: 'm7g.large' }),
    );
    const outdir = join(root, 'deep', 'out');
    const { status, stderr } = show({
      NODEYARD_STACK: 'aws-node',
      NODEYARD_INPUTS: inputs,
      CDKTF_OUTDIR: outdir,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
      stacks: Record<string, { synthesizedStackPath: string }>;
    };
    const path = join(outdir, String(manifest.stacks['aws-node']?.synthesizedStackPath));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      // Without these two the telemetry of cdktf-cli 0.21 ends `cdktf synth` with a TypeError.
      '//': { metadata: { version: expect.any(String), stackName: 'aws-node', backend: expect.any(String) } },
      terraform: { required_providers: { aws: expect.anything() } },
      provider: { aws: [{ region: 'eu-central-1' }] },
      resource: { aws_instance: { nexample_instance_FE4E65F8: expect.anything() } },
    });
  });

  it('shows the local node when nothing is said, below cdktf.out', () => {
    expect(show({}).status).toBe(0);
    const text = readFileSync(join(root, 'cdktf.out/stacks/local-node/cdk.tf.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      terraform: {},
      resource: { terraform_data: expect.anything() },
    });
  });

  it.each([
    [{ NODEYARD_STACK: 'nope' }, 'There is no stack "nope"'],
    [{ NODEYARD_STACK: 'aws-node' }, 'inputs.region'],
    [{ NODEYARD_INPUTS: '/nowhere.json' }, 'NODEYARD_INPUTS: /nowhere.json cannot be read'],
  ])('says what is wrong with %j and exits with 1', (env, message) => {
    const { status, stderr } = show(env);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
