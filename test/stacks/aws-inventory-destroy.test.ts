/** What an AWS inventory ends, and what it leaves alone. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import type { InventoryItem } from '../../src/fleet/inventory.js';
import { Account, itemOf, marks } from './aws-account.js';

let account: Account;

beforeEach(async () => {
  account = await Account.open();
});
afterEach(async () => {
  await account.close();
});

const destroy = async (item: InventoryItem): Promise<void> => {
  await (await account.inventory({ attempts: 2, attemptMs: 1_500 })).destroy(item);
};
const refusal = async (item: InventoryItem): Promise<string> => {
  const error: unknown = await destroy(item).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof NodeyardError) return `${error.code} ${error.message}`;
  throw new Error(`not refused as it should be, but ${inspect(error)}`);
};

const KINDS = [
  ['aws_instance', 'TerminateInstances', (owner: object) => account.run({ ...owner })],
  ['aws_ebs_volume', 'DeleteVolume', (owner: object) => account.volume({ ...owner })],
  ['aws_eip', 'ReleaseAddress', (owner: object) => account.address({ ...owner })],
  ['aws_security_group', 'DeleteSecurityGroup', (owner: object) => account.group({ ...owner })],
] as const;

describe.each(KINDS)('%s', (kind, deletion, make) => {
  test('is destroyed, it and nothing else, and twice does no harm', async () => {
    const id = make(marks('n1'));
    const others = [make(marks('n1')), make(marks('n2')), make(marks('n1', 'test'))];
    const before = account.existing();
    await destroy(itemOf(kind, id));
    // An instance takes its root volume along.
    const after = account.existing();
    expect(after).not.toContain(id);
    expect(after).toEqual(expect.arrayContaining(others));
    expect(before.length - after.length).toBe(kind === 'aws_instance' ? 2 : 1);
    await destroy(itemOf(kind, id));
    expect(account.existing()).toEqual(after);
    expect(account.calls(deletion)).toBe(1);
  });

  it.each([
    ['another node', marks('n2')],
    ['a node whose id begins with the same', marks('n1-2')],
    ['another fleet', marks('n1', 'test')],
    ['a fleet in other letters', marks('n1', 'PROD')],
  ])('that bears the marks of %s by now is refused', async (_what, owner) => {
    const id = make(marks('n1'));
    account.tag(id, owner);
    expect(await refusal(itemOf(kind, id))).toMatch(new RegExp(`^NOT_OURS ${kind} ${id} `));
    expect(account.existing()).toContain(id);
    expect(account.calls(deletion)).toBe(0);
  });

  test('that has lost its marks is refused', async () => {
    const id = make(marks('n1'));
    account.call('DeleteTags', { Resources: [id], Tags: [{ Key: 'nodeyard:fleet' }] });
    expect(await refusal(itemOf(kind, id))).toMatch(/^NOT_OURS/);
    expect(account.calls(deletion)).toBe(0);
  });

  test('that goes by itself in between is success', async () => {
    const id = make(marks('n1'));
    account.inject({ call: deletion, fault: 'error', code: 'InvalidThing.NotFound', message: 'gone' });
    await destroy(itemOf(kind, id));
    expect(account.calls(deletion)).toBe(1);
  });

  it.each(['cut-after', 'hang-after', 'malformed'] as const)(
    'whose deletion had its effect and no answer (%s) is success at the next attempt',
    async (fault) => {
      const id = make(marks('n1'));
      account.inject({ call: deletion, nth: 1, fault });
      await destroy(itemOf(kind, id));
      expect(account.existing()).not.toContain(id);
      expect(account.calls(deletion)).toBe(2);
    },
  );

  it.each([
    ['denied', 'DENIED'],
    ['malformed', 'NETWORK'],
    ['server-error', 'NETWORK'],
  ] as const)('whose deletion fails (%s) is no success: %s', async (fault, code) => {
    const id = make(marks('n1'));
    account.inject({ call: deletion, fault });
    expect(await refusal(itemOf(kind, id))).toMatch(new RegExp(`^${code} EC2 ${deletion}: `));
  });

  test('that cannot be looked at is not destroyed', async () => {
    const id = make(marks('n1'));
    account.inject({ call: '*', fault: 'denied' });
    expect(await refusal(itemOf(kind, id))).toMatch(/^DENIED EC2 Describe/);
    expect(account.existing()).toContain(id);
    expect(account.calls(deletion)).toBe(0);
  });
});

describe('an instance', () => {
  test('that is shutting down is left to it', async () => {
    await account.close();
    account = await Account.open({ terminateMs: 3_600_000 });
    const id = account.run(marks('n1'));
    await destroy(itemOf('aws_instance', id));
    await destroy(itemOf('aws_instance', id));
    expect(account.calls('TerminateInstances')).toBe(1);
  });

  test('that is protected stays, and the error says so', async () => {
    const id = account.run(marks('n1'), { DisableApiTermination: true });
    const said = await refusal(itemOf('aws_instance', id));
    expect(said).toMatch(/^DENIED .*is protected/);
    expect(said).toContain(id);
    expect(said).toContain('disableApiTermination');
    expect(account.existing()).toContain(id);
  });
});

describe('a volume', () => {
  test('that is attached is not torn from its machine', async () => {
    const instance = account.run(marks('n1'));
    const id = account.volume(marks('n1'));
    account.attach(id, instance);
    const said = await refusal(itemOf('aws_ebs_volume', id));
    expect(said).toMatch(/^DEPENDENCY/);
    expect(said).toContain(instance);
    expect(account.calls('DetachVolume') + account.calls('DeleteVolume')).toBe(0);
    account.call('TerminateInstances', { InstanceIds: [instance] });
    await destroy(itemOf('aws_ebs_volume', id));
    expect(account.existing()).toEqual([]);
  });

  test('that is attached at the last moment stays', async () => {
    const id = account.volume(marks('n1'));
    account.inject({ call: 'DeleteVolume', fault: 'error', code: 'VolumeInUse', message: 'in use by i-0' });
    expect(await refusal(itemOf('aws_ebs_volume', id))).toMatch(/^DEPENDENCY/);
  });

  test('that is being deleted is left to it', async () => {
    await account.close();
    account = await Account.open({ changeMs: 3_600_000 });
    const id = account.volume(marks('n1'));
    await destroy(itemOf('aws_ebs_volume', id));
    await destroy(itemOf('aws_ebs_volume', id));
    expect(account.calls('DeleteVolume')).toBe(1);
  });
});

describe('an attachment', () => {
  beforeEach(async () => {
    await account.close();
    account = await Account.open({ changeMs: 5 });
  });
  const attached = async () => {
    const instance = account.run(marks('n1'));
    const volume = account.volume(marks('n1'));
    account.attach(volume, instance);
    const items = await (await account.inventory()).list({ nodeId: 'n1' });
    const item = items.find(({ kind }) => kind === 'aws_volume_attachment');
    if (item === undefined) throw new Error('the attachment is not listed');
    return { instance, volume, item };
  };

  test('is ended, and twice does no harm', async () => {
    const { volume, item } = await attached();
    await destroy(item);
    expect(account.calls('DetachVolume')).toBe(1);
    await destroy(item);
    expect(account.calls('DetachVolume')).toBe(1);
    expect(account.existing()).toContain(volume);
  });

  test('that has become another one is left alone', async () => {
    const { volume, item } = await attached();
    account.call('DetachVolume', { VolumeId: volume });
    const free = () =>
      account.call<{ Volumes: { State: string }[] }>('DescribeVolumes', { VolumeIds: [volume] });
    await expect.poll(() => free().Volumes[0]?.State).toBe('available');
    account.attach(volume, account.run(marks('n1')));
    await destroy(item);
    expect(account.calls('DetachVolume')).toBe(0);
  });

  test('of a volume that somebody has taken over is left alone', async () => {
    const { volume, item } = await attached();
    account.tag(volume, marks('n1', 'test'));
    await destroy(item);
    expect(account.calls('DetachVolume')).toBe(0);
  });
});

describe('an address', () => {
  test('at the machine of its node is taken off it and released', async () => {
    const instance = account.run(marks('n1'));
    const id = account.address(marks('n1'), instance);
    await destroy(itemOf('aws_eip', id));
    expect(account.existing()).not.toContain(id);
    expect(account.calls('DisassociateAddress')).toBe(1);
  });

  test('at the machine of its node that is shutting down is released as well', async () => {
    await account.close();
    account = await Account.open({ terminateMs: 3_600_000 });
    const instance = account.run(marks('n1'));
    const id = account.address(marks('n1'), instance);
    account.call('TerminateInstances', { InstanceIds: [instance] });
    await destroy(itemOf('aws_eip', id));
    expect(account.existing()).not.toContain(id);
  });

  it.each([
    ['another node', marks('n2')],
    ['another fleet', marks('n1', 'test')],
    ['nobody known', {}],
  ])('at the machine of %s is not taken from it', async (_what, owner) => {
    const instance = account.run(owner);
    const id = account.address(marks('n1'), instance);
    const said = await refusal(itemOf('aws_eip', id));
    expect(said).toMatch(/^DEPENDENCY/);
    expect(said).toContain(instance);
    expect(account.calls('DisassociateAddress') + account.calls('ReleaseAddress')).toBe(0);
  });
});

describe('a security group', () => {
  test('of an instance says which one has to go first', async () => {
    const id = account.group(marks('n1'));
    const instance = account.run(marks('n2'), { SecurityGroupIds: [id] });
    const said = await refusal(itemOf('aws_security_group', id));
    expect(said).toMatch(/^DEPENDENCY/);
    expect(said).toContain(instance);
    account.call('TerminateInstances', { InstanceIds: [instance] });
    await destroy(itemOf('aws_security_group', id));
    expect(account.record(id)).toBeUndefined();
  });

  test('that a rule of another group names says which one', async () => {
    const id = account.group(marks('n1'));
    const other = account.group({});
    const Terms = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, ReferencedGroupId: id };
    account.call('AuthorizeSecurityGroupIngress', { GroupId: other, Terms });
    account.call('AuthorizeSecurityGroupEgress', { GroupId: other, Terms });
    account.call('AuthorizeSecurityGroupIngress', { GroupId: id, Terms });
    const said = await refusal(itemOf('aws_security_group', id));
    expect(said).toMatch(/^DEPENDENCY/);
    expect(said.split(other)).toHaveLength(2);
    expect(said.split(id)).toHaveLength(2);
  });

  test('that something else uses stays', async () => {
    const id = account.group(marks('n1'));
    account.inject({ call: 'DeleteSecurityGroup', fault: 'in-use' });
    expect(await refusal(itemOf('aws_security_group', id))).toMatch(/^DEPENDENCY .* a network interface/);
  });

  test('goes with its rules, also with one that names itself', async () => {
    const id = account.group(marks('n1'));
    const Terms = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, ReferencedGroupId: id };
    account.call('AuthorizeSecurityGroupIngress', { GroupId: id, Terms });
    await destroy(itemOf('aws_security_group', id));
    expect(account.started.cloud.resources()).toEqual([]);
  });
});

test('a kind that is none is refused', async () => {
  for (const kind of ['aws_vpc', 'constructor', '']) {
    expect(await refusal(itemOf(kind, 'x'))).toMatch(/^INVALID_INPUT/);
  }
});
