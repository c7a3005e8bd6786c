/** The mirror, as Terraform and OpenTofu look into it: each asks for `hashicorp/aws` at its own registry. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMirror } from './mirror.js';
import { Stand } from './stand.js';

let mirror: string;
beforeAll(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'ny-mirror-'));
  await createMirror(mirror);
});
afterAll(() => rmSync(mirror, { recursive: true, force: true }));

const REGISTRIES = ['registry.terraform.io', 'registry.opentofu.org'];

test('holds the same provider for both registries', () => {
  const [terraform, opentofu] = REGISTRIES.map((registry) => {
    const home = join(mirror, registry, 'hashicorp/aws');
    return readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        entry.parentPath.slice(home.length),
        entry.name,
        readFileSync(join(entry.parentPath, entry.name), 'utf8'),
      ]);
  });
  expect(terraform).toHaveLength(1);
  expect(opentofu).toEqual(terraform);
});

test.each(REGISTRIES)('serves whoever asks at %s, and its node is made and taken away', async (registry) => {
  const stand = await Stand.open(mirror);
  try {
    stand.configure({}, (configuration) => {
      Object.assign(configuration, {
        terraform: { required_providers: { aws: { source: `${registry}/hashicorp/aws` } } },
      });
    });
    expect(await stand.terraform('init', '-upgrade')).toMatchObject({ exitCode: 0, errors: [] });
    expect(stand.lockFile).toContain(`provider "${registry}/hashicorp/aws"`);
    await stand.applied();
    await stand.destroyed();
  } finally {
    await stand.close();
  }
});
