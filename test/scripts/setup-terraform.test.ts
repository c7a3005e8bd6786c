import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finishedMachine, type Machine } from './machine.js';
import { zipOf } from './zip.js';

const RELEASE = '/terraform/1.11.4';
const ARCHIVE = `terraform_1.11.4_${platform()}_${{ x64: 'amd64', arm64: 'arm64' }[arch()]}.zip`;
const SUMS = 'terraform_1.11.4_SHA256SUMS';
const PROGRAM = '#!/bin/sh\necho the real thing\n';

let machine: Machine;
let mirror: Server;
let env: Record<string, string>;
const files = new Map<string, Buffer | string>();
const asked: string[] = [];

beforeEach(async () => {
  machine = finishedMachine();
  machine.remove('terraform');
  machine.real('curl');
  asked.length = 0;
  files.clear();
  serve(zipOf('terraform', PROGRAM));
  mirror = createServer((request, response) => {
    asked.push(request.url ?? '');
    const content = files.get(request.url ?? '');
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  mirror.listen(0, '127.0.0.1');
  await once(mirror, 'listening');
  env = { NODEYARD_TERRAFORM_MIRROR: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/` };
});
afterEach(async () => {
  mirror.close();
  mirror.closeAllConnections();
  machine.destroy();
});

function serve(archive: Buffer, checksum = createHash('sha256').update(archive).digest('hex')): void {
  const other = `${'0'.repeat(64)}  terraform_1.11.4_plan9_amd64.zip\n`;
  files.set(`${RELEASE}/${ARCHIVE}`, archive);
  files.set(`${RELEASE}/${SUMS}`, `${other}${checksum}  ${ARCHIVE}\n`);
}

describe('Terraform', () => {
  it('is taken from the mirror, verified, and can be run', async () => {
    const { status, lines, stdout } = await machine.setup(env);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(lines).toHaveLength(2);
    expect(machine.read('.nodeyard/bin/terraform')).toBe(PROGRAM);
    expect(statSync(join(machine.clone, '.nodeyard/bin/terraform')).mode & 0o777).toBe(0o755);
    expect(readdirSync(join(machine.clone, '.nodeyard/bin'))).toEqual(['terraform']);
  });

  it('is not asked for again once it is there', async () => {
    await machine.setup(env);
    asked.length = 0;
    expect(await machine.setup(env)).toMatchObject({ status: 0, lines: [] });
    expect(asked).toEqual([]);
  });

  it.each(['terraform', 'tofu'])('is not needed when %s is on the PATH', async (name) => {
    machine.program(name);
    expect(await machine.setup(env)).toMatchObject({ status: 0, lines: [] });
    expect(asked).toEqual([]);
  });

  it('is not needed when the configuration names one', async () => {
    expect(await machine.setup({ ...env, NODEYARD_TERRAFORM_BINARY: '/opt/tf' })).toMatchObject({
      lines: [],
    });
    expect(asked).toEqual([]);
  });

  it('goes into the data directory of the variable', async () => {
    expect((await machine.setup({ ...env, NODEYARD_DATA_DIR: "it's data" })).status).toBe(0);
    expect(machine.read("it's data/bin/terraform")).toBe(PROGRAM);
  });

  it('goes into the data directory of the configuration file', async () => {
    machine.write('etc/nodeyard.json', JSON.stringify({ dataDir: '../elsewhere' }));
    expect((await machine.setup({ ...env, NODEYARD_CONFIG: 'etc/nodeyard.json' })).status).toBe(0);
    expect(machine.read('elsewhere/bin/terraform')).toBe(PROGRAM);
  });

  it('may be stored without compression', async () => {
    serve(zipOf('terraform', PROGRAM, 'stored'));
    expect((await machine.setup(env)).status).toBe(0);
    expect(machine.read('.nodeyard/bin/terraform')).toBe(PROGRAM);
  });

  it('is fetched by Node where neither curl nor wget is', async () => {
    machine.remove('curl');
    expect((await machine.setup(env)).status).toBe(0);
    expect(machine.read('.nodeyard/bin/terraform')).toBe(PROGRAM);
  });

  it('on an unknown kind of machine is left to a person', async () => {
    machine.remove('uname');
    machine.program('uname', 'echo Plan9');
    const { status, lines } = await machine.setup(env);
    expect(status).toBe(1);
    expect(lines.at(-1)).toMatch(/^Install Terraform .* or OpenTofu/);
  });
});

describe('nothing is installed and nothing is left behind', () => {
  afterEach(() => {
    expect(readdirSync(join(machine.clone, '.nodeyard/bin'))).toEqual([]);
    rmSync(join(machine.clone, '.nodeyard'), { recursive: true });
  });

  it('when the checksum is wrong', async () => {
    serve(zipOf('terraform', 'something else'), 'ab'.repeat(32));
    const { status, lines } = await machine.setup(env);
    expect(status).toBe(1);
    expect(lines.join('\n')).toContain(`but ${'ab'.repeat(32)} is wanted`);
    expect(lines.at(-1)).toBe('NODEYARD_TERRAFORM_MIRROR=https://releases.hashicorp.com scripts/setup');
  });

  it('when the checksums do not name the archive', async () => {
    files.set(`${RELEASE}/${SUMS}`, 'nothing of interest\n');
    const { status, lines } = await machine.setup(env);
    expect(status).toBe(1);
    expect(lines.join('\n')).toContain(`the checksums do not name ${ARCHIVE}`);
  });

  it('when the archive does not hold the program', async () => {
    serve(zipOf('README', 'read me'));
    const { status, lines } = await machine.setup(env);
    expect(status).toBe(1);
    expect(lines.join('\n')).toContain(`${ARCHIVE} does not hold terraform`);
  });

  it.each([
    ['archive', ARCHIVE],
    ['list of checksums', SUMS],
  ])('when the mirror has no %s, and the last line is what to run', async (_, name) => {
    files.delete(`${RELEASE}/${name}`);
    const { status, lines } = await machine.setup(env);
    expect(status).toBe(1);
    expect(lines.at(-1)).toMatch(/^curl -fLo terraform\.zip '.*\/terraform_1\.11\.4_.*\.zip' && unzip -o /);
  });

  it('when the mirror has no archive and Node has to fetch it', async () => {
    machine.remove('curl');
    files.delete(`${RELEASE}/${ARCHIVE}`);
    const { status, lines } = await machine.setup(env);
    expect(status).toBe(1);
    expect(lines.join('\n')).toContain('HTTP status 404');
  });
});
