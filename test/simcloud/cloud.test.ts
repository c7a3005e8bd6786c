/** The cloud by itself, by a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instance, Volume } from './api.js';
import { SimulatedCloud } from './cloud/cloud.js';
import type { CloudSettingsInput } from './cloud/settings.js';

const REGION = 'eu-central-1';
const HOUR = 3_600_000;

let directory: string;
let now: number;
let cloud: SimulatedCloud;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ny-cloud-'));
  now = Date.parse('2026-03-01T00:00:00Z');
  open();
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function open(settings: CloudSettingsInput = {}): void {
  cloud = new SimulatedCloud({
    directory,
    settings: { bootMs: 30_000, terminateMs: 40_000, changeMs: 5_000, ...settings },
    now: () => now,
  });
}

/** The output, or the code of the refusal. */
function call(name: string, input: object = {}, region = REGION): Record<string, unknown> | string {
  const { reply } = cloud.serve({ call: name, region, input: { ...input }, caller: { pid: 1 } });
  if ('crash' in reply) throw new Error('no fault was asked for');
  return 'output' in reply ? reply.output : reply.error.code;
}

const tags = (node: string) => [{ Key: 'nodeyard:node-id', Value: node }];

function run(input: object = {}): string {
  const output = call('RunInstances', {
    ImageId: 'ami-0123456789abcdef0',
    InstanceType: 'm7g.large',
    TagSpecifications: [
      { ResourceType: 'instance', Tags: tags('n1') },
      { ResourceType: 'volume', Tags: tags('n1') },
    ],
    ...input,
  }) as { Instances: Instance[] };
  return output.Instances[0]?.InstanceId ?? '';
}
const instance = (id: string): Instance => {
  const { Reservations } = call('DescribeInstances', { InstanceIds: [id] }) as {
    Reservations: { Instances: Instance[] }[];
  };
  return Reservations[0]?.Instances[0] as Instance;
};
const state = (id: string): string => instance(id).State.Name;
const createVolume = (zone = `${REGION}a`): string =>
  (call('CreateVolume', { AvailabilityZone: zone, VolumeSize: 10, Tags: tags('n1') }) as unknown as Volume)
    .VolumeId;
const createGroup = (GroupName = 'web'): string =>
  (call('CreateSecurityGroup', { GroupName, Description: 'd', Tags: tags('n1') }) as { GroupId: string })
    .GroupId;

describe('an instance', () => {
  test('boots, stops, starts and ends, each in its time', () => {
    const id = run();
    expect(state(id)).toBe('pending');
    now += 30_000;
    expect(state(id)).toBe('running');
    call('StopInstances', { InstanceIds: [id] });
    expect(state(id)).toBe('stopping');
    now += 5_000;
    expect(state(id)).toBe('stopped');
    call('StartInstances', { InstanceIds: [id] });
    now += 5_000;
    expect(state(id)).toBe('running');
    call('TerminateInstances', { InstanceIds: [id] });
    expect(state(id)).toBe('shutting-down');
    now += 40_000;
    expect(state(id)).toBe('terminated');
    expect(cloud.resources()).toEqual([]);
  });

  test('is terminated twice without complaint, and unknown ones are not found', () => {
    const id = run();
    const terminate = () => call('TerminateInstances', { InstanceIds: [id] });
    const change = (before: string) => ({
      TerminatingInstances: [
        { InstanceId: id, PreviousState: { Name: before }, CurrentState: { Name: 'shutting-down' } },
      ],
    });
    expect(terminate()).toEqual(change('pending'));
    expect(terminate()).toEqual(change('shutting-down'));
    expect(call('TerminateInstances', { InstanceIds: ['i-00000000000000000'] })).toBe(
      'InvalidInstanceID.NotFound',
    );
    expect(call('DescribeInstances', { InstanceIds: [id] }, 'us-east-1')).toBe('InvalidInstanceID.NotFound');
  });

  test('that is protected is not terminated', () => {
    const id = run({ DisableApiTermination: true });
    expect(call('TerminateInstances', { InstanceIds: [id] })).toBe('OperationNotPermitted');
    call('ModifyInstanceAttribute', { InstanceId: id, protectedFromTermination: false });
    expect(call('TerminateInstances', { InstanceIds: [id] })).toHaveProperty('TerminatingInstances');
  });

  test('of the spot market cannot be stopped, nor bought below its price', () => {
    const spot = (MaxPrice: string) => ({
      InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice } },
    });
    expect(
      call('RunInstances', { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm7g.large', ...spot('0.001') }),
    ).toBe('SpotMaxPriceTooLow');
    expect(call('StopInstances', { InstanceIds: [run(spot('0.5'))] })).toBe('UnsupportedOperation');
  });

  test('is made once for one token', () => {
    expect(run({ ClientToken: 't' })).toBe(run({ ClientToken: 't' }));
    expect(cloud.resources().filter(({ kind }) => kind === 'instance')).toHaveLength(1);
  });

  test('is refused when the account lacks what it names, or has enough', () => {
    open({ missing: ['subnet-0123456789abcdef0', 'ops'], quotas: { instances: 1 } });
    const input = { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm7g.large' };
    expect(call('RunInstances', { ...input, SubnetId: 'subnet-0123456789abcdef0' })).toBe(
      'InvalidSubnetID.NotFound',
    );
    expect(call('RunInstances', { ...input, KeyName: 'ops' })).toBe('InvalidKeyPair.NotFound');
    expect(call('RunInstances', { ...input, ImageId: 'latest' })).toBe('InvalidAMIID.Malformed');
    run();
    expect(call('RunInstances', input)).toBe('VcpuLimitExceeded');
  });
});

describe('what hangs on an instance', () => {
  test('keeps a group from being deleted until the instance has ended', () => {
    const group = createGroup();
    const id = run({ SecurityGroupIds: [group] });
    expect(call('DeleteSecurityGroup', { GroupId: group })).toBe('DependencyViolation');
    call('TerminateInstances', { InstanceIds: [id] });
    expect(call('DeleteSecurityGroup', { GroupId: group })).toBe('DependencyViolation');
    now += 40_000;
    expect(call('DeleteSecurityGroup', { GroupId: group })).toEqual({});
    expect(call('DeleteSecurityGroup', { GroupId: group })).toBe('InvalidGroup.NotFound');
    expect(cloud.resources()).toEqual([]);
  });

  test('keeps a volume from being deleted until it is detached; a data volume outlives its instance', () => {
    const id = run();
    const volume = createVolume();
    const attach = { VolumeId: volume, InstanceId: id, Device: '/dev/sdf' };
    expect(call('AttachVolume', attach)).toBe('IncorrectState');
    now += 30_000;
    expect(call('AttachVolume', attach)).toEqual({});
    expect(call('AttachVolume', attach)).toBe('VolumeInUse');
    expect(call('AttachVolume', { ...attach, VolumeId: createVolume() })).toBe('InvalidParameterValue');
    expect(
      call('AttachVolume', { ...attach, Device: '/dev/sdg', VolumeId: createVolume(`${REGION}b`) }),
    ).toBe('InvalidVolume.ZoneMismatch');
    expect(call('DeleteVolume', { VolumeId: volume })).toBe('VolumeInUse');
    call('TerminateInstances', { InstanceIds: [id] });
    now += 40_000;
    expect(cloud.resources().map(({ kind }) => kind)).toEqual(['volume', 'volume', 'volume']);
    expect(call('DeleteVolume', { VolumeId: volume })).toEqual({});
  });

  test('an address is associated only with a running instance, and free again when that has ended', () => {
    const { AllocationId } = call('AllocateAddress') as { AllocationId: string };
    const id = run();
    expect(call('AssociateAddress', { AllocationId, InstanceId: id })).toBe('InvalidInstanceID');
    now += 30_000;
    call('AssociateAddress', { AllocationId, InstanceId: id });
    const { Addresses } = call('DescribeAddresses', { AllocationIds: [AllocationId] }) as {
      Addresses: { PublicIp: string }[];
    };
    expect(instance(id).PublicIpAddress).toBe(Addresses[0]?.PublicIp);
    expect(call('ReleaseAddress', { AllocationId })).toBe('InvalidIPAddress.InUse');
    call('TerminateInstances', { InstanceIds: [id] });
    now += 40_000;
    expect(call('ReleaseAddress', { AllocationId })).toEqual({});
    expect(call('ReleaseAddress', { AllocationId })).toBe('InvalidAllocationID.NotFound');
  });

  test('two groups of one name, and two like rules of one group, are refused', () => {
    const group = createGroup();
    expect(call('CreateSecurityGroup', { GroupName: 'web', Description: 'd' })).toBe(
      'InvalidGroup.Duplicate',
    );
    const rule = {
      GroupId: group,
      Terms: { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, CidrIpv4: '0.0.0.0/0' },
    };
    expect(call('AuthorizeSecurityGroupIngress', rule)).toHaveProperty('SecurityGroupRules');
    expect(call('AuthorizeSecurityGroupIngress', rule)).toBe('InvalidPermission.Duplicate');
  });
});

describe('the ground truth', () => {
  test('says what nobody owns', () => {
    const mine = run();
    const stray = run({ TagSpecifications: [] });
    const unowned = cloud.unowned(['n1']).map(({ id }) => id);
    expect(unowned).toContain(stray);
    expect(unowned).not.toContain(mine);
    expect(cloud.unowned([]).map(({ id }) => id)).toContain(mine);
  });

  test('says what it cost: price times time, until the end', () => {
    const id = run();
    now += HOUR;
    const anHour = cloud.cost();
    expect(anHour).toBeGreaterThan(0.096);
    call('TerminateInstances', { InstanceIds: [id] });
    now += 40_000;
    const whole = cloud.cost();
    now += 10 * HOUR;
    expect(cloud.cost()).toBe(whole);
    expect(whole / anHour).toBeCloseTo((HOUR + 40_000) / HOUR, 6);
  });

  test('lists every call with its time, its node and its refusal', () => {
    const id = run();
    now += 1000;
    call('DescribeVolumes', { VolumeIds: ['vol-00000000000000000'] });
    call('StopInstances', { InstanceIds: [id] });
    expect(cloud.calls()).toMatchObject([
      {
        call: 'RunInstances',
        node: 'n1',
        at: now - 1000,
        effect: [{ id, kind: 'instance' }, { kind: 'volume' }],
      },
      { call: 'DescribeVolumes', error: 'InvalidVolume.NotFound', effect: [] },
      { call: 'StopInstances', node: 'n1', at: now },
    ]);
  });

  test('a call that is refused half way changes nothing', () => {
    const first = run();
    expect(call('StopInstances', { InstanceIds: [first, 'i-00000000000000000'] })).toBe(
      'InvalidInstanceID.NotFound',
    );
    now += 30_000;
    expect(state(first)).toBe('running');
  });

  test('survives the cloud’s own end', () => {
    const id = run();
    const group = createGroup();
    call('TerminateInstances', { InstanceIds: [id] });
    const before = cloud.resources();
    open();
    expect(cloud.resources()).toEqual(before);
    expect(cloud.calls()).toHaveLength(3);
    now += 40_000;
    expect(cloud.resources().filter(({ kind }) => kind !== 'security-group-rule')).toMatchObject([
      { id: group },
    ]);
  });

  test('does not know a call that EC2 does not know', () => {
    expect(call('MakeCoffee')).toBe('InvalidAction');
    expect(call('constructor')).toBe('InvalidAction');
  });
});
