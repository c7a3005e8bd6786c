import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { findTerraform } from '../../src/terraform/binary.js';
import { REAL_TERRAFORM, realTerraform } from '../support/terraform-binary.js';

const root = mkdtempSync(join(tmpdir(), 'ny-binary-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let places = 0;
let place: string;
beforeEach(() => {
  place = join(root, String(places++));
  mkdirSync(place);
});

/** A script that answers `version` and `version -json` as the products do. */
function install(name: string, product: 'Terraform' | 'OpenTofu', version: string): string {
  const path = join(place, name);
  const json = `{"terraform_version":"${version}","platform":"linux_amd64"}`;
  writeFileSync(path, `#!/bin/sh\n[ "$2" = -json ] && echo '${json}' || echo '${product} v${version}'\n`);
  chmodSync(path, 0o755);
  return path;
}
const find = (setting?: string, searchPath = place) =>
  findTerraform({ setting, searchPath, env: { PATH: process.env['PATH'] } });

describe('finding Terraform', () => {
  it(`the real one is ${realTerraform.product} ${realTerraform.version}`, async () => {
    expect(realTerraform.version).toMatch(/^1\./);
    expect(await find(REAL_TERRAFORM)).toEqual(realTerraform);
    expect(await find(basename(REAL_TERRAFORM), dirname(REAL_TERRAFORM))).toEqual(realTerraform);
  });

  it('prefers terraform to tofu on the path, and the setting to both', async () => {
    install('tofu', 'OpenTofu', '1.9.0');
    expect(await find()).toMatchObject({ product: 'opentofu', version: '1.9.0' });
    install('terraform', 'Terraform', '1.11.4');
    expect(await find()).toMatchObject({ product: 'terraform', version: '1.11.4' });
    expect(await find('tofu')).toMatchObject({ product: 'opentofu' });
    expect(await find(join(place, 'tofu'), '')).toMatchObject({ product: 'opentofu' });
  });

  it('knows OpenTofu by its words, whatever its file is called', async () => {
    install('terraform', 'OpenTofu', '1.8.2');
    expect(await find()).toMatchObject({ product: 'opentofu', version: '1.8.2' });
  });

  it('follows the order of the path, skips what cannot be executed, and never looks in relative places', async () => {
    const first = install('terraform', 'Terraform', '1.6.0');
    const other = join(place, 'other');
    mkdirSync(other);
    symlinkSync(first, join(other, 'terraform'));
    expect((await find(undefined, [other, place].join(delimiter))).path).toBe(join(other, 'terraform'));
    chmodSync(first, 0o644);
    await expect(find(undefined, ['.', place].join(delimiter))).rejects.toMatchObject({
      code: 'TERRAFORM_MISSING',
    });
  });

  it.each([
    ['Terraform', '1.4.7', '1.5.0'],
    ['OpenTofu', '1.5.9', '1.6.0'],
  ] as const)('refuses %s %s and says what is needed', async (product, version, needed) => {
    install('terraform', product, version);
    await expect(find()).rejects.toMatchObject({
      code: 'TERRAFORM_MISSING',
      field: 'terraform.binary',
      message: expect.stringMatching(new RegExp(`${version}.*${needed}`)),
    });
  });

  it.each([
    ['Terraform', '1.5.0'],
    ['Terraform', '2.0.0'],
    ['Terraform', '1.10.0-rc1'],
    ['OpenTofu', '1.6.0'],
  ] as const)('takes %s %s', async (product, version) => {
    install('terraform', product, version);
    expect(await find()).toMatchObject({ version });
  });

  it('says what it looked for when there is none', async () => {
    await expect(find()).rejects.toMatchObject({
      code: 'TERRAFORM_MISSING',
      message: expect.stringContaining('terraform and tofu not found on the PATH'),
    });
    await expect(find('/nowhere/terraform')).rejects.toThrow('/nowhere/terraform not found');
  });

  it('says what a program that is no Terraform answered', async () => {
    const path = join(place, 'terraform');
    writeFileSync(path, '#!/bin/sh\necho "I am a teapot" >&2; exit 3\n');
    chmodSync(path, 0o755);
    await expect(find()).rejects.toMatchObject({
      code: 'TERRAFORM_MISSING',
      message: expect.stringContaining('I am a teapot'),
    });
  });
});
