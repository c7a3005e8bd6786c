import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { readSimulatedCloud } from '../../src/rehearsal/description.js';
import { rehearsalEnv } from '../../src/rehearsal/environment.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ny-description-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const described = {
  version: 1,
  id: 'c1',
  providerMirror: 'mirror',
  resources: ['aws_instance'],
  dataSources: ['aws_ami'],
  env: { SIMCLOUD_SOCKET: '/s' },
};
const write = (content: unknown): void =>
  writeFileSync(
    join(directory, 'simulated-cloud.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

describe('the description of a simulated cloud', () => {
  it('says where its providers are, from its own directory on', () => {
    write(described);
    const { version: _, ...rest } = described;
    expect(readSimulatedCloud(directory)).toEqual({
      ...rest,
      directory,
      providerMirror: join(directory, 'mirror'),
    });
    write({ ...described, providerMirror: '/elsewhere' });
    expect(readSimulatedCloud(directory).providerMirror).toBe('/elsewhere');
  });

  it.each([
    ['there is none', undefined, /ENOENT/],
    ['it is no JSON', '{', /is not JSON/],
    ['a later version wrote it', { ...described, version: 2 }, /version/],
    ['a part is missing', { ...described, env: undefined }, /env/],
    ['it sets what is no variable', { ...described, env: { 'a=b': '' } }, /env/],
  ])('is refused where %s, with the setting and the mend', (_, content, why) => {
    if (content !== undefined) write(content);
    const refused = (() => {
      try {
        return readSimulatedCloud(directory);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(NodeyardError);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', field: 'simulatedCloud' });
    expect(String(refused)).toMatch(why);
    expect(String(refused)).toContain('npm run rehearse -- --serve');
  });
});

describe('the environment of a rehearsal', () => {
  it('has what the cloud says and nothing that leads to a real one', () => {
    const env = {
      PATH: '/bin',
      HTTPS_PROXY: 'http://proxy',
      AWS_ACCESS_KEY_ID: 'real',
      AWS_PROFILE: 'production',
      GOOGLE_APPLICATION_CREDENTIALS: '/key',
      TF_TOKEN_app_terraform_io: 'token',
    };
    const said = { AWS_ACCESS_KEY_ID: 'simulated', SIMCLOUD_SOCKET: '/s' };
    expect(rehearsalEnv(env, { env: said })).toEqual({
      PATH: '/bin',
      HTTPS_PROXY: 'http://proxy',
      ...said,
    });
  });
});
