import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../src/log.js';
import { type BundlesOptions, createBundles } from '../../src/terraform/bundle.js';
import { childEnv } from '../../src/terraform/env.js';
import { startRun } from '../../src/terraform/start.js';
import { REAL_TERRAFORM } from '../support/terraform-binary.js';
import { TestRuns } from '../support/terraform-run.js';

const runs = new TestRuns();
const top = mkdtempSync(join(tmpdir(), 'ny-bundle-'));
/** A quote and a space, which the CLI configuration must survive. */
const mirror = join(top, 'a "mirror"');
const SOURCE = 'example.test/nodeyard/thing';
const requirements = { thing: { source: SOURCE, version: '1.0.0' } };
const target = `${platform()}_${arch() === 'x64' ? 'amd64' : arch()}`;

/** `init` only unpacks or links a provider and hashes it; this one could not run. */
function offer(version: string): void {
  const directory = join(mirror, SOURCE, version, target);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `terraform-provider-thing_v${version}`);
  writeFileSync(file, `#!/bin/sh\nexit 1 # ${version}\n`);
  chmodSync(file, 0o755);
}
offer('1.0.0');
offer('1.1.0');

/** The real Terraform, counting its inits. */
const counted = join(top, 'terraform');
const counter = join(top, 'inits');
writeFileSync(
  counted,
  `#!/bin/sh\n[ "$1" = init ] && echo init >>'${counter}'\nexec '${REAL_TERRAFORM}' "$@"\n`,
);
chmodSync(counted, 0o755);
const inits = () => (existsSync(counter) ? readFileSync(counter, 'utf8').split('\n').length - 1 : 0);

let roots = 0;
let root: string;
beforeEach(() => {
  root = join(top, `root-${roots++}`);
  rmSync(counter, { force: true });
});
afterAll(async () => {
  await vi.waitFor(async () => expect(await runs.left()).toEqual([]), { timeout: 5_000 });
  runs.close();
  rmSync(top, { recursive: true, force: true });
});

const create = (more: Partial<BundlesOptions> = {}) =>
  createBundles({
    root,
    binary: { path: counted, product: 'terraform', version: '1.11.4' },
    env: { ...process.env, TF_CLI_CONFIG_FILE: undefined },
    mirror: { from: mirror },
    log: silentLog,
    ...more,
  });

describe('bundles', () => {
  it('are initialized once, offline from a mirror, with a lock file', async () => {
    const bundles = create();
    const bundle = await bundles.acquire(requirements);
    expect(bundle.generation).toBe(1);
    expect(readFileSync(bundle.lockFile ?? '', 'utf8')).toContain(SOURCE);
    expect(existsSync(join(bundle.dataDir, 'providers', SOURCE, '1.0.0', target))).toBe(true);
    expect(await bundles.acquire(requirements)).toEqual(bundle);
    expect(await create().acquire(requirements)).toEqual(bundle);
    expect(inits()).toBe(1);
  });

  it('eight acquires in two processes make one init', async () => {
    const worker = fileURLToPath(new URL('../support/bundle-worker.ts', import.meta.url));
    const args = ['--import', 'tsx', worker, counted, root, mirror, '4'];
    const answers = await Promise.all(
      [1, 2].map(() => text(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }).stdout)),
    );
    const directories = answers.flatMap((answer) => JSON.parse(answer) as string[]);
    expect(directories).toHaveLength(8);
    expect(new Set(directories).size).toBe(1);
    expect(inits()).toBe(1);
  });

  it('differ by providers, version of Terraform and CLI configuration, not by the order of providers', async () => {
    const other = { ...requirements, more: { source: 'example.test/nodeyard/thing', version: '1.0.0' } };
    const keys = await Promise.all([
      create().acquire(requirements),
      create().acquire({ thing: { source: SOURCE, version: '1.1.0' } }),
      create({ binary: { path: counted, product: 'terraform', version: '1.12.0' } }).acquire(requirements),
      create({ mirror: { from: `${mirror}/` } }).acquire(requirements),
    ]).then((all) => all.map(({ key }) => key));
    expect(new Set(keys).size).toBe(4);
    const reversed = Object.fromEntries(Object.entries(other).reverse());
    expect((await create().acquire(reversed)).key).toBe((await create().acquire(other)).key);
  });

  it('without external providers need neither an init nor a registry', async () => {
    const bundles = create({ mirror: undefined });
    const empty = await bundles.acquire({});
    const builtin = await bundles.acquire({ terraform: { source: 'terraform.io/builtin/terraform' } });
    expect(builtin).toEqual(empty);
    expect(empty.lockFile).toBeUndefined();
    expect(inits()).toBe(0);
  });

  it('that are damaged are made anew while those who use them keep theirs', async () => {
    const bundles = create();
    const first = await bundles.acquire(requirements);
    await bundles.invalidate(first);
    await bundles.invalidate(first);
    const second = await bundles.acquire(requirements);
    expect(second).toMatchObject({ key: first.key, generation: 2 });
    expect(existsSync(first.dataDir)).toBe(true);
    expect(await create().acquire(requirements)).toEqual(second);
    expect(inits()).toBe(2);
  });

  it('that a crashed init left half made are never used and are cleared away', async () => {
    const bundles = create();
    const { key } = await bundles.acquire({});
    const half = join(root, key, 'unfinished-dead');
    rmSync(join(root, key, '1'), { recursive: true });
    mkdirSync(join(half, 'data'), { recursive: true });
    const made = await bundles.acquire({});
    expect(made.dataDir).toBe(join(root, key, '1'));
    expect(readdirSync(join(root, key))).toEqual(['1']);
  });

  it('that the mirror lacks are an error which names the provider, and the next try starts afresh', async () => {
    const bundles = create();
    const absent = { gone: { source: 'example.test/nodeyard/gone', version: '1.0.0' } };
    for (const attempt of [1, 2]) {
      await expect(bundles.acquire(absent), `attempt ${attempt}`).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('example.test/nodeyard/gone'),
      });
    }
    expect(inits()).toBe(2);
    const [key = ''] = readdirSync(root).filter((name) => /^[0-9a-f]{24}$/.test(name));
    expect(readdirSync(join(root, key))).toEqual([]);
  });

  it('that cannot be fetched are an error of the network, without the secrets of the way there', async () => {
    const bundles = create({
      mirror: { from: 'https://hunter2-secret@127.0.0.1:1/mirror' },
      redact: (words) => words.replaceAll('hunter2-secret', '***'),
    });
    const failure = await bundles.acquire(requirements).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'NETWORK', message: expect.not.stringContaining('hunter2') });
  });

  it('are shared: eight applies at once use one data directory and write nothing into it', async () => {
    const bundle = await create().acquire({});
    const listing = () => readdirSync(bundle.dataDir, { recursive: true });
    const before = listing();
    const results = await Promise.all(
      Array.from({ length: 8 }, () => {
        const directory = runs.directory();
        directory.write('main.tf.json', {
          resource: { terraform_data: { node: { input: directory.runId } } },
        });
        const env = childEnv({ env: process.env, runId: directory.runId, dataDir: bundle.dataDir });
        return startRun(directory.options(REAL_TERRAFORM, { env })).result;
      }),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual(Array(8).fill(0));
    expect(listing()).toEqual(before);
  });
});
