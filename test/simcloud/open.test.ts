import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSimulatedCloud } from '../../src/rehearsal/description.js';
import { findCloud, openCloud } from './open.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ny-open-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const endpointIn = (directory: string): string | undefined =>
  readSimulatedCloud(directory).env['AWS_ENDPOINT_URL_EC2'];
const volume = {
  call: 'CreateVolume',
  region: 'eu-central-1',
  input: { AvailabilityZone: 'eu-central-1a', VolumeSize: 1 },
  caller: { pid: 1 },
};

describe('a cloud in a directory', () => {
  test('says all that a worker has to know of it, and leads no call elsewhere', async () => {
    const opened = await openCloud({ directory: home, env: { SIMCLOUD_RETRIES: '2' } });
    const { env, resources, dataSources } = readSimulatedCloud(home);
    expect(env).toMatchObject({
      ...opened.env,
      SIMCLOUD_RETRIES: '2',
      AWS_ENDPOINT_URL: opened.env['AWS_ENDPOINT_URL_EC2'],
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
    expect(resources).toContain('aws_instance');
    expect(dataSources).toEqual(['aws_ami']);
    await opened.close();
  });

  test('that is opened again is the same, at the same place', async () => {
    const first = await openCloud({ directory: home });
    first.cloud.serve(volume);
    const before = readSimulatedCloud(home);
    expect(await findCloud(home)).toBe(first.socket);
    await first.close();
    expect(await findCloud(home)).toBeUndefined();

    const second = await openCloud({ directory: home });
    expect(readSimulatedCloud(home)).toEqual(before);
    expect(second.cloud.resources()).toMatchObject([{ kind: 'volume' }]);
    await second.close();
  });

  test('goes to another port where somebody has taken its own', async () => {
    const first = await openCloud({ directory: home });
    const endpoint = endpointIn(home) ?? '';
    await first.close();
    const other = createServer();
    await new Promise<void>(
      (resolve) => void other.listen(Number(new URL(endpoint).port), '127.0.0.1', resolve),
    );
    const second = await openCloud({ directory: home });
    expect(endpointIn(home)).not.toBe(endpoint);
    await second.close();
    await new Promise((resolve) => void other.close(resolve));
  });

  test('is found also where its directory’s path is too long for a socket', async () => {
    const directory = join(home, 'd'.repeat(120));
    const opened = await openCloud({ directory });
    expect(await findCloud(directory)).toBe(opened.socket);
    await opened.close();
  });
});
