/** Everything with a `tofu` in place of `terraform`: nothing may go by the name of the program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callJson } from '../cli/command-line.js';
import { installOpenTofu, OPENTOFU_VERSION } from '../support/as-opentofu.js';
import { Yard } from '../support/yard.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

let place: string;
let tofu: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'ny-tofu-'));
  tofu = installOpenTofu(place);
});
afterAll(() => rmSync(place, { recursive: true }));

describe('a worker whose Terraform is OpenTofu', () => {
  test('makes and ends a node, and says by what', async () => {
    const yard = await Yard.open({ NODEYARD_TERRAFORM_BINARY: tofu, NODEYARD_METRICS_LISTEN: '0' });
    try {
      const { terraform, metricsUrl = '' } = await yard.startWorker();
      expect(terraform).toEqual({ path: tofu, product: 'opentofu', version: OPENTOFU_VERSION });
      const request = { group: 'g', role: 'r', stack: 'local-node' };
      const { node } = await yard.app.client.requestNode(request);
      const { outputs } = await yard.reaches(node.id, 'CREATED');
      expect((await fetch(new URL('/healthz', String(outputs?.['address'])))).ok).toBe(true);
      expect(await (await fetch(metricsUrl)).text()).toContain(
        `product="opentofu",terraform="${OPENTOFU_VERSION}"`,
      );
      await yard.app.client.requestDestruction(node.id);
      await yard.reaches(node.id, 'DESTROYED');

      const { value } = await callJson<{ checks: { name: string; message: string }[] }>(['doctor'], {
        env: yard.env,
      });
      const found = value.checks.find(({ name }) => name === 'terraform');
      expect(found?.message).toContain(`opentofu ${OPENTOFU_VERSION}`);
    } finally {
      await yard.close();
    }
  });
});

/** A part of the tests themselves, in a process of its own. */
async function testsWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> {
  const vitest = join(PROJECT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--reporter=verbose', ...args], {
    cwd: PROJECT,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += String(chunk)));
  const [status] = (await once(child, 'close')) as [number | null];
  expect(status, said).toBe(0);
  return said;
}

/** Tests that start tests, on a machine that may be busy. */
const PATIENCE = { timeout: 240_000 };

describe('the tests themselves', () => {
  const FOUND = 'test/terraform/binary.test.ts';

  test('run with the program that NODEYARD_TERRAFORM_BINARY names', PATIENCE, async () => {
    const said = await testsWith({ NODEYARD_TERRAFORM_BINARY: tofu }, FOUND, 'test/terraform/bundle.test.ts');
    expect(said).toContain(`the real one is opentofu ${OPENTOFU_VERSION}`);
  });

  test('bring the simulated provider to it as well', PATIENCE, async () => {
    const one = ['-t', 'with nothing more than it needs', 'test/simcloud/terraform.test.ts'];
    const said = await testsWith({ NODEYARD_TERRAFORM_BINARY: tofu }, ...one);
    expect(said).toMatch(/✓ .*with nothing more than it needs is made, found unchanged and taken away/);
  });

  test('run with a tofu on the path where there is no terraform', PATIENCE, async () => {
    const said = await testsWith({ PATH: place, NODEYARD_TERRAFORM_BINARY: '' }, FOUND);
    expect(said).toContain('the real one is opentofu');
  });
});
