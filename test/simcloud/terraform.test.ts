/** Real Terraform, the simulated provider as a process of its own, and a node of `aws-node`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CloudRecord, InstanceRecord } from './cloud/records.js';
import { createMirror } from './mirror.js';
import { NODE, Stand } from './stand.js';

let mirror: string;
let stand: Stand;

beforeAll(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'ny-mirror-'));
  await createMirror(mirror);
});
afterAll(() => {
  rmSync(mirror, { recursive: true, force: true });
});
beforeEach(async () => {
  stand = await Stand.open(mirror);
});
afterEach(async () => {
  await stand.close();
});

const kinds = (): string[] =>
  stand.started.cloud
    .resources()
    .map(({ kind }) => kind)
    .sort();
const instances = (): InstanceRecord[] =>
  stand.started.cloud.resources().filter((record): record is InstanceRecord => record.kind === 'instance');
const owner = ({ tags }: CloudRecord): string | undefined => tags['nodeyard:node-id'];

const EVERYTHING = {
  elasticIp: true,
  securityGroup: {
    ingress: [{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0', description: 'web' }],
  },
  dataVolumes: [{ device: '/dev/sdf', sizeGiB: 20 }],
  rootVolume: { sizeGiB: 30 },
  userData: '#!/bin/sh\necho ${HOME} %{x}\n',
};

/** What Terraform says of a provider that died, depending on which of its ends it notices first. */
const PROVIDER_GONE = /^(Plugin did not respond|Request cancelled)$/;

describe('a node', () => {
  test('with nothing more than it needs is made, found unchanged and taken away', async () => {
    expect(stand.lockFile).toContain('"h1:');
    stand.configure();
    await stand.applied();
    expect(kinds()).toEqual(['instance', 'volume']);
    expect(stand.started.cloud.resources().map(owner)).toEqual([NODE, NODE]);
    expect(await stand.planned()).toEqual([]);
    await stand.destroyed();
    expect(stand.started.cloud.cost()).toBeGreaterThan(0);
  });

  test('with everything around it is made, updated, replaced and taken away', async () => {
    stand.configure(EVERYTHING);
    await stand.applied();
    const made = ['address', 'instance', 'security-group', 'security-group-rule', 'security-group-rule'];
    expect(kinds()).toEqual([...made, 'volume', 'volume']);
    // EC2’s own rule that lets everything out has gone: all that there is was asked for.
    expect(stand.started.cloud.resources().map(owner)).toEqual(Array.from({ length: 7 }, () => NODE));
    expect(Buffer.from(instances()[0]?.userData ?? '', 'base64').toString()).toBe(EVERYTHING.userData);
    expect(await stand.planned()).toEqual([]);

    stand.configure({ ...EVERYTHING, instanceType: 'm7g.xlarge', rootVolume: { sizeGiB: 40 } });
    expect(await stand.planned()).toEqual(['update aws_instance']);
    await stand.applied();
    const [before] = instances();
    expect(before).toMatchObject({ instanceType: 'm7g.xlarge', power: 'on' });

    stand.configure({ ...EVERYTHING, ami: 'ami-0123456789abcdef1', instanceType: 'm7g.xlarge' });
    await stand.applied();
    expect(instances()).toMatchObject([{ imageId: 'ami-0123456789abcdef1' }]);
    expect(instances()[0]?.id).not.toBe(before?.id);
    expect(await stand.planned()).toEqual([]);
    await stand.destroyed();
  });

  test('on the spot market has its request tagged, and price, region and zone arrive as asked', async () => {
    stand.configure({ region: 'us-west-2', zone: 'us-west-2c', spot: { maxPrice: '0.0310' } });
    await stand.applied();
    expect(instances()).toMatchObject([
      { region: 'us-west-2', zone: 'us-west-2c', spot: { MaxPrice: '0.0310' } },
    ]);
    const request = stand.started.cloud.resources().find(({ kind }) => kind === 'spot-request');
    expect(request).toMatchObject({ maxPrice: '0.0310', tags: { 'nodeyard:node-id': NODE } });
    expect(await stand.planned()).toEqual([]);

    stand.configure({ region: 'us-west-2', zone: 'us-west-2b', spot: { maxPrice: '0.0500' } });
    await stand.applied();
    expect(instances()).toMatchObject([{ zone: 'us-west-2b', spot: { MaxPrice: '0.0500' } }]);
    expect(
      stand.started.cloud
        .calls('RunInstances')
        .map(({ region, input }) => [region, input['AvailabilityZone']]),
    ).toEqual([
      ['us-west-2', 'us-west-2c'],
      ['us-west-2', 'us-west-2b'],
    ]);
    await stand.destroyed();
  });

  test('finds its image by a filter, and is refused one that nobody has', async () => {
    const amiFilter = { owners: ['099720109477'], name: 'ubuntu/images/*-arm64-*', architecture: 'arm64' };
    stand.configure({ ami: undefined, amiFilter });
    await stand.applied();
    expect(instances()).toMatchObject([{ imageId: 'ami-0a11ce0000000002a' }]);
    await stand.destroyed();
    stand.configure({ ami: undefined, amiFilter: { ...amiFilter, name: 'windows-3.11' } });
    const { errors } = await stand.terraform('plan');
    expect(errors).toMatchObject([{ summary: expect.stringContaining('Your query returned no results') }]);
  });
});

describe('what the real provider would refuse', () => {
  test.each([
    ['attribute', { invented_attribute: 'x' }],
    ['attribute of a block', { root_block_device: { invented_attribute: true } }],
    ['block', { invented_block: [{ name: 'x' }] }],
  ])('an invented %s is refused in plan', async (_what, invention) => {
    stand.configure({}, ({ resource }) => {
      for (const body of Object.values(resource['aws_instance'] ?? {})) Object.assign(body, invention);
    });
    const { exitCode, errors } = await stand.terraform('plan');
    expect(exitCode).toBe(1);
    expect(errors[0]?.summary).toMatch(/Extraneous JSON object property|Unsupported argument/);
    expect(stand.started.cloud.calls()).toEqual([]);
  });

  test('arguments that exclude each other are refused in plan', async () => {
    stand.configure({ userData: 'a' }, ({ resource }) => {
      for (const body of Object.values(resource['aws_instance'] ?? {})) body['user_data_base64'] = 'YQ==';
    });
    const { errors } = await stand.terraform('plan');
    expect(errors).toMatchObject([{ summary: 'Conflicting configuration arguments' }]);
  });
});

describe('what a failure leaves', () => {
  const cloud = () => stand.started.cloud;

  test('an answer that is lost leaves an instance which the state does not hold', async () => {
    stand.configure();
    cloud().inject([{ call: 'RunInstances', nth: 1, fault: 'cut-after' }]);
    const { errors } = await stand.terraform('apply');
    expect(errors).toMatchObject([
      { address: expect.stringContaining('aws_instance.'), summary: expect.stringContaining('EOF') },
    ]);
    expect(stand.state()).toEqual([]);
    expect(instances().map(owner)).toEqual([NODE]);
    // The next try makes a second one: nothing but its tags speaks of the first.
    await stand.applied();
    expect(instances()).toHaveLength(2);
    expect(cloud().unowned([NODE])).toEqual([]);
    expect(cloud().unowned([])).toHaveLength(4);
  });

  test('a provider that dies between effect and answer leaves the same', async () => {
    stand.configure();
    cloud().inject([{ call: 'RunInstances', nth: 1, fault: 'crash-after' }]);
    const { errors } = await stand.terraform('apply');
    expect(errors.map(({ summary }) => summary)).toContainEqual(expect.stringMatching(PROVIDER_GONE));
    expect(stand.state()).toEqual([]);
    expect(instances().map(owner)).toEqual([NODE]);
  });

  test('a wait that fails leaves a tainted instance, which the next apply replaces', async () => {
    stand.configure();
    cloud().inject([{ call: 'DescribeInstances', nth: 1, fault: 'denied' }]);
    expect((await stand.terraform('apply')).exitCode).toBe(1);
    expect(stand.state()).toMatchObject([
      { type: 'aws_instance', tainted: true, attributes: { id: instances()[0]?.id } },
    ]);
    await stand.applied();
    expect(instances()).toHaveLength(1);
    await stand.destroyed();
  });

  test('a provider that dies while it waits leaves an instance without a state', async () => {
    stand.configure();
    cloud().inject([{ call: 'DescribeInstances', nth: 1, fault: 'crash-before' }]);
    const { errors } = await stand.terraform('apply');
    expect(errors.map(({ summary }) => summary)).toContainEqual(expect.stringMatching(PROVIDER_GONE));
    expect(stand.state()).toEqual([]);
    expect(instances()).toHaveLength(1);
  });

  test('one TERM to Terraform ends a wait, and what was made stands in the state', async () => {
    stand.configure();
    cloud().inject([{ call: 'DescribeInstances', fault: 'hang' }]);
    const run = stand.start('apply', '-json', '-auto-approve');
    await expect.poll(() => cloud().calls('DescribeInstances').length, { timeout: 20_000 }).toBe(1);
    run.kill('SIGTERM');
    expect((await run).exitCode).toBe(1);
    const id = instances()[0]?.id;
    expect(stand.state()).toMatchObject([{ type: 'aws_instance', tainted: true, attributes: { id } }]);
    cloud().inject([]);
    await stand.destroyed();
  });

  test('a killed Terraform leaves no provider behind', async () => {
    stand.configure();
    cloud().inject([{ call: 'RunInstances', fault: 'hang' }]);
    const run = stand.start('apply', '-json', '-auto-approve');
    await expect.poll(() => cloud().calls('RunInstances').length, { timeout: 20_000 }).toBe(1);
    expect(stand.providers()).not.toEqual([]);
    run.kill('SIGKILL');
    await run;
    await expect.poll(() => stand.providers(), { timeout: 5_000 }).toEqual([]);
  });
});

describe('a security group', () => {
  test('that something else still uses is waited for', async () => {
    stand.configure({ securityGroup: {} });
    await stand.applied();
    stand.started.cloud.inject([{ call: 'DeleteSecurityGroup', times: 3, fault: 'in-use' }]);
    await stand.destroyed();
    expect(stand.started.cloud.calls('DeleteSecurityGroup').map(({ error }) => error)).toEqual([
      'DependencyViolation',
      'DependencyViolation',
      'DependencyViolation',
      undefined,
    ]);
  });
});
