/** What an AWS inventory shows, through the real SDK over HTTP. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { openAwsInventory } from '../../stacks/aws-node/inventory.js';
import { createMirror } from '../simcloud/mirror.js';
import { NODE, Stand } from '../simcloud/stand.js';
import { Account, FLEET, idsOf, marks, REGION } from './aws-account.js';

const source = (file: string): string => new URL(`../../stacks/${file}`, import.meta.url).href;

let account: Account;

beforeEach(async () => {
  account = await Account.open();
});
afterEach(async () => {
  await account.close();
});

const listed = async (of?: { nodeId: string }): Promise<string[]> =>
  idsOf(await (await account.inventory()).list(of));

describe('a list', () => {
  test('has every kind with the id that stands in Terraform’s state', async () => {
    const group = account.group(marks('n1'));
    const instance = account.run(marks('n1'), { SecurityGroupIds: [group] });
    const address = account.address(marks('n1'), instance);
    const volume = account.volume(marks('n2'));
    const inventory = await account.inventory({ now: () => 5_000 });
    const createdAt = (id: string) => account.record(id)?.createdAt;
    expect(inventory.name).toBe('aws-eu-central-1');
    expect(await inventory.list()).toEqual([
      { nodeId: 'n1', kind: 'aws_instance', id: instance, createdAt: createdAt(instance), vital: true },
      { nodeId: 'n2', kind: 'aws_ebs_volume', id: volume, createdAt: createdAt(volume), vital: false },
      { nodeId: 'n1', kind: 'aws_eip', id: address, createdAt: 5_000, vital: false },
      { nodeId: 'n1', kind: 'aws_security_group', id: group, createdAt: 5_000, vital: false },
    ]);
  });

  test('of nothing is empty', async () => {
    expect(await listed()).toEqual([]);
  });

  test('is that of one node where it is asked for one', async () => {
    const mine = [
      account.run(marks('n1')),
      account.volume(marks('n1')),
      account.address(marks('n1')),
      account.group(marks('n1')),
    ];
    for (const other of ['n2', 'N1', 'n1-1', 'n11']) {
      account.run(marks(other));
      account.volume(marks(other));
      account.address(marks(other));
      account.group(marks(other));
    }
    // Besides these a run of the node is told of the rules of its groups.
    const own = (await listed({ nodeId: 'n1' })).filter((id) => !id.startsWith('sgr-'));
    expect(own).toEqual(mine.sort());
    expect(await listed({ nodeId: 'n' })).toEqual([]);
    expect(await listed({ nodeId: 'n*' })).toEqual([]);
  });

  it.each([
    ['another fleet', marks('n1', 'test')],
    ['a fleet whose id begins with ours', marks('n1', `${FLEET}-2`)],
    ['a fleet whose id ours begins with', marks('n1', FLEET.slice(0, -1))],
    ['our id in other letters', marks('n1', FLEET.toUpperCase())],
    ['a wildcard that would match our id', marks('n1', '*')],
    ['the mark in other letters', { 'Nodeyard:Fleet': FLEET, 'nodeyard:node-id': 'n1' }],
    ['no fleet', { 'nodeyard:node-id': 'n1' }],
    ['no node', { 'nodeyard:fleet': FLEET }],
    ['a node that cannot be one', { ...marks('n1'), 'nodeyard:node-id': 'n1/../n2' }],
    ['our id under another key', { fleet: FLEET, 'nodeyard:node-id': 'n1' }],
    ['no tags', {}],
  ])('has nothing with %s', async (_what, tags) => {
    const group = account.group(tags);
    const instance = account.run(tags, { SecurityGroupIds: [group] });
    account.attach(account.volume(tags), instance);
    account.volume(tags);
    account.address(tags, instance);
    expect(await listed()).toEqual([]);
    expect(await listed({ nodeId: 'n1' })).toEqual([]);
  });

  test('takes no wildcard in its own fleet’s id for one', async () => {
    account.run(marks('n1'));
    const context = { fleet: 'pr?d', dataDir: account.dataDir, env: account.started.env };
    expect(await (await openAwsInventory(REGION, context)).list()).toEqual([]);
  });

  test('is that of its region', async () => {
    account.run(marks('n1'), {}, 'us-east-1');
    expect(await listed()).toEqual([]);
  });

  test('is read to its last page, through pages on which nothing is ours', async () => {
    const mine: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      account.run({});
      account.volume({});
      account.group({});
      mine.push(account.run(marks(`n${count}`)), account.volume(marks('v')), account.group(marks('g')));
    }
    for (let count = 0; count < 12; count += 1) mine.push(account.address(marks('a')));
    const inventory = await account.inventory({ pageSize: 5 });
    expect(idsOf(await inventory.list())).toEqual(mine.sort());
    expect(account.calls('DescribeInstances')).toBe(3);
    // Root volumes count as well.
    expect(account.calls('DescribeVolumes')).toBe(6);
    expect(account.calls('DescribeSecurityGroups')).toBe(3);
  });
});

describe('an instance', () => {
  test('is listed from pending to stopped, and not when it ends or has ended', async () => {
    await account.close();
    account = await Account.open({ bootMs: 0, terminateMs: 3_600_000, changeMs: 3_600_000 });
    const running = account.run(marks('n1'));
    const stopping = account.run(marks('n2'));
    account.call('StopInstances', { InstanceIds: [stopping] });
    const ending = account.run(marks('n3'));
    account.call('TerminateInstances', { InstanceIds: [ending] });
    expect(await listed()).toEqual([running, stopping].sort());
  });

  test('is listed while it boots and when it has stopped, and not when it has ended', async () => {
    await account.close();
    account = await Account.open({ bootMs: 3_600_000, terminateMs: 0, changeMs: 0 });
    const pending = account.run(marks('n1'));
    const stopped = account.run(marks('n2'));
    account.call('StopInstances', { InstanceIds: [stopped] });
    account.call('TerminateInstances', { InstanceIds: [account.run(marks('n3'))] });
    expect(await listed()).toEqual([pending, stopped].sort());
  });
});

describe('a volume', () => {
  const slow = async () => {
    await account.close();
    account = await Account.open({ terminateMs: 3_600_000, changeMs: 1_000 });
  };

  test('that is deleted with its instance is no item of its own, not even while that is shutting down', async () => {
    await slow();
    const instance = account.run(marks('n1'));
    expect(await listed()).toEqual([instance]);
    account.call('TerminateInstances', { InstanceIds: [instance] });
    expect(account.existing()).toHaveLength(2);
    expect(await listed()).toEqual([]);
  });

  test('that was made for itself is listed, at its machine and after it', async () => {
    await slow();
    const instance = account.run(marks('n1'));
    const volume = account.volume(marks('n1'));
    account.attach(volume, instance);
    expect(await listed()).toEqual([instance, volume].sort());
    account.call('TerminateInstances', { InstanceIds: [instance] });
    expect(await listed()).toEqual([volume]);
    expect(await listed({ nodeId: 'n1' })).toEqual([volume]);
  });

  test('of the image that outlives its instance is not listed before that ends', async () => {
    await slow();
    const instance = account.run(marks('n1'), { RootVolume: { DeleteOnTermination: false } });
    expect(await listed()).toEqual([instance]);
    expect(await listed({ nodeId: 'n1' })).toEqual([instance]);
    const root = account.existing().find((id) => id.startsWith('vol-'));
    account.call('TerminateInstances', { InstanceIds: [instance] });
    expect(await listed()).toEqual([root]);
  });

  test('of the image of a machine that somebody has taken over is listed', async () => {
    const instance = account.run(marks('n1'), { RootVolume: { DeleteOnTermination: false } });
    account.tag(instance, marks('n1', 'test'));
    const root = account.existing().find((id) => id.startsWith('vol-'));
    expect(await listed()).toEqual([root]);
  });

  test('at somebody else’s machine is listed', async () => {
    const others = account.run(marks('n1', 'test'));
    const volume = account.volume(marks('n1'));
    account.attach(volume, others);
    const ofAnotherNode = account.volume(marks('n2'));
    const instance = account.run(marks('n3'));
    account.attach(ofAnotherNode, instance);
    expect(await listed()).toEqual([volume, ofAnotherNode, instance].sort());
    expect(await listed({ nodeId: 'n2' })).toEqual([ofAnotherNode]);
  });

  test('that is being deleted is not listed', async () => {
    await account.close();
    account = await Account.open({ changeMs: 3_600_000 });
    account.call('DeleteVolume', { VolumeId: account.volume(marks('n1')) });
    expect(account.existing()).toHaveLength(1);
    expect(await listed()).toEqual([]);
  });
});

describe('the age of what EC2 does not date', () => {
  const createdAt = async (now: number, of?: { nodeId: string }): Promise<Record<string, number>> => {
    const inventory = await account.inventory({ now: () => now });
    return Object.fromEntries((await inventory.list(of)).map((item) => [item.id, item.createdAt]));
  };
  const notes = () => join(account.dataDir, 'inventories', `aws-${REGION}-${FLEET}.json`);

  test('counts from when it was first seen, also by an earlier process', async () => {
    const address = account.address(marks('n1'));
    expect(await createdAt(1_000)).toEqual({ [address]: 1_000 });
    const group = account.group(marks('n1'));
    expect(await createdAt(2_000)).toEqual({ [address]: 1_000, [group]: 2_000 });
    expect(await createdAt(3_000)).toEqual({ [address]: 1_000, [group]: 2_000 });
  });

  test('is kept while only one node is asked for, and forgotten with what has gone', async () => {
    const one = account.address(marks('n1'));
    const other = account.address(marks('n2'));
    await createdAt(1_000);
    expect(await createdAt(2_000, { nodeId: 'n1' })).toEqual({ [one]: 1_000 });
    expect(await createdAt(3_000)).toEqual({ [one]: 1_000, [other]: 1_000 });
    account.call('ReleaseAddress', { AllocationId: one });
    await createdAt(4_000);
    expect(JSON.parse(readFileSync(notes(), 'utf8'))).toEqual({ [other]: 1_000 });
    expect(readdirSync(join(account.dataDir, 'inventories'))).toHaveLength(1);
  });

  it.each(['', '{"eip', '[]', '{"a":"b"}', 'null'])(
    'begins anew where what was noted reads %j: nothing is taken for old',
    async (torn) => {
      const address = account.address(marks('n1'));
      await createdAt(1_000);
      writeFileSync(notes(), torn);
      expect(await createdAt(2_000)).toEqual({ [address]: 2_000 });
    },
  );

  test('is never in the future, though the clock was set back', async () => {
    const address = account.address(marks('n1'));
    await createdAt(5_000);
    expect(await createdAt(1_000)).toEqual({ [address]: 1_000 });
  });

  test('that cannot be kept fails no list', async () => {
    const address = account.address(marks('n1'));
    writeFileSync(join(account.dataDir, 'inventories'), 'a file where the directory should be');
    expect(await createdAt(1_000)).toEqual({ [address]: 1_000 });
    expect(readdirSync(account.dataDir)).toEqual(['inventories']);
  });
});

describe('an attachment', () => {
  // What is attached as it is made has come with its machine.
  beforeEach(async () => {
    await account.close();
    account = await Account.open({ changeMs: 5 });
  });
  const kinds = async (of?: { nodeId: string }) =>
    (await (await account.inventory()).list(of)).map(({ kind }) => kind);

  test('of a node’s volume to its machine is told of to a run of the node alone', async () => {
    const instance = account.run(marks('n1'));
    const volume = account.volume(marks('n1'));
    account.attach(volume, instance);
    const all = ['aws_instance', 'aws_ebs_volume'];
    expect(await kinds()).toEqual(all);
    expect(await kinds({ nodeId: 'n1' })).toEqual([
      'aws_instance',
      'aws_volume_attachment',
      'aws_ebs_volume',
    ]);
    account.call('DetachVolume', { VolumeId: volume });
    expect(await kinds({ nodeId: 'n1' })).toEqual(all);
  });

  test('of what came with the machine, and one that somebody has made with another machine, is not told of', async () => {
    account.run(marks('n1'), { RootVolume: { DeleteOnTermination: false } });
    account.attach(account.volume(marks('n1')), account.run(marks('n2')));
    account.attach(account.volume(marks('n1')), account.run(marks('n1', 'test')));
    expect(await kinds({ nodeId: 'n1' })).not.toContain('aws_volume_attachment');
  });
});

describe('what Terraform has made', () => {
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

  test('is listed by the kinds and ids of its state, and as nothing else', async () => {
    const { cloud, env } = stand.started;
    const everything = {
      elasticIp: true,
      securityGroup: { ingress: [] },
      dataVolumes: [{ device: '/dev/sdf', sizeGiB: 20 }],
      spot: {},
    };
    stand.configure(everything);
    await stand.applied();
    const fleet = 'stand';
    const Resources = cloud.resources().map(({ id }) => id);
    const input = { Resources, Tags: [{ Key: 'nodeyard:fleet', Value: fleet }] };
    cloud.serve({ call: 'CreateTags', region: REGION, input, caller: {} });
    const inventory = await openAwsInventory(REGION, { fleet, dataDir: account.dataDir, env });
    const inState = stand.state().map(({ type, attributes }) => `${type} ${String(attributes['id'])}`);
    const items = await inventory.list({ nodeId: NODE });
    expect(items.map(({ kind }) => kind)).toEqual([
      'aws_instance',
      'aws_volume_attachment',
      'aws_ebs_volume',
      'aws_eip',
      'aws_vpc_security_group_egress_rule',
      'aws_security_group',
    ]);
    for (const { kind, id } of items) expect(inState).toContain(`${kind} ${id}`);

    // As if the state were lost: what is destroyed here, as soon as nothing is in the way, leaves nothing.
    const destroyed = async () => {
      for (const item of await inventory.list()) await inventory.destroy(item).catch(() => undefined);
      return cloud.resources();
    };
    await expect.poll(destroyed, { timeout: 30_000 }).toEqual([]);
  });
});

test('the SDK is loaded by who opens an inventory and not before, and says nothing of Node’s version on stderr', async () => {
  const script = `
    import { createRequire } from 'node:module';
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@aws-sdk'));
    await import(${JSON.stringify(source('aws-node.ts'))});
    const { openAwsInventory } = await import(${JSON.stringify(source('aws-node/inventory.ts'))});
    const before = loaded();
    const variables = JSON.stringify(process.env);
    await openAwsInventory('eu-central-1', { fleet: 'f', dataDir: '/nonexistent', env: {} });
    console.log(JSON.stringify({ before, after: loaded(), same: variables === JSON.stringify(process.env) }));
  `;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { cwd: fileURLToPath(new URL('../../', import.meta.url)) },
  );
  expect(JSON.parse(stdout)).toEqual({ before: false, after: true, same: true });
  expect(stderr).toBe('');
});
