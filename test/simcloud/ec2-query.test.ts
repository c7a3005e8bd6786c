/** The real SDK, and bare HTTP, against the cloud’s own EC2 endpoint. */
import {
  DeleteSecurityGroupCommand,
  DeleteVolumeCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  DisassociateAddressCommand,
  EC2Client,
  paginateDescribeInstances,
  ReleaseAddressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Volume } from './api.js';
import type { FaultPlanInput } from './cloud/faults.js';
import { type StartedCloud, startCloud } from './start.js';

const REGION = 'eu-central-1';

let started: StartedCloud;
let ec2: EC2Client;

beforeEach(async () => {
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
  started = await startCloud({ bootMs: 0, terminateMs: 0, changeMs: 0 });
  ec2 = client();
});
afterEach(async () => {
  ec2.destroy();
  await started.stop();
  vi.unstubAllEnvs();
});

const endpoint = () => started.env['AWS_ENDPOINT_URL_EC2'] ?? '';
const client = (region = REGION) =>
  new EC2Client({
    region,
    endpoint: endpoint(),
    maxAttempts: 1,
    requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
    credentials: {
      accessKeyId: started.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: started.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });

/** As the provider calls. */
function call<Output>(name: string, input: object = {}): Output {
  const { reply } = started.cloud.serve({ call: name, region: REGION, input: { ...input }, caller: {} });
  if (!('output' in reply)) throw new Error(JSON.stringify(reply));
  return reply.output as Output;
}
const tags = (Tags: Record<string, string>) => Object.entries(Tags).map(([Key, Value]) => ({ Key, Value }));
const run = (own: Record<string, string> = {}, input: object = {}): string =>
  call<{ Instances: { InstanceId: string }[] }>('RunInstances', {
    ImageId: 'ami-0123456789abcdef0',
    InstanceType: 'm7g.large',
    TagSpecifications: [{ ResourceType: 'instance', Tags: tags(own) }],
    ...input,
  }).Instances[0]?.InstanceId ?? '';
const createVolume = (): Volume => call('CreateVolume', { AvailabilityZone: `${REGION}a`, VolumeSize: 8 });
const allocate = (): string => call<{ AllocationId: string }>('AllocateAddress').AllocationId;
const createGroup = (GroupName: string, Tags: Record<string, string> = {}): string =>
  call<{ GroupId: string }>('CreateSecurityGroup', { GroupName, Description: 'd', Tags: tags(Tags) }).GroupId;

const describeInstances = async (input: DescribeInstancesCommandInput = {}) => {
  const { Reservations = [], NextToken } = await ec2.send(new DescribeInstancesCommand(input));
  const found = Reservations.flatMap(({ Instances = [] }) => Instances);
  return { found, ids: found.map(({ InstanceId }) => InstanceId), NextToken };
};
const inject = (...plan: FaultPlanInput) => started.cloud.inject(plan);
/** `code status` of a refusal. */
const refusal = async (answer: Promise<unknown>): Promise<string> => {
  const { name, $metadata } = (await answer.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  )) as { name: string; $metadata?: { httpStatusCode?: number } };
  return `${name} ${$metadata?.httpStatusCode}`;
};

describe('what the cloud has', () => {
  test('is described as the SDK knows it', async () => {
    const group = createGroup('web', { 'nodeyard:node-id': 'n1' });
    const id = run({ 'nodeyard:node-id': 'n1' }, { SecurityGroupIds: [group], IamInstanceProfile: 'relay' });
    const address = allocate();
    call('AssociateAddress', { AllocationId: address, InstanceId: id });

    const [instance] = (await describeInstances()).found;
    expect(instance).toMatchObject({
      InstanceId: id,
      InstanceType: 'm7g.large',
      State: { Code: 16, Name: 'running' },
      Placement: { AvailabilityZone: `${REGION}a` },
      SecurityGroups: [{ GroupId: group, GroupName: 'web' }],
      Monitoring: { State: 'disabled' },
      MetadataOptions: { HttpPutResponseHopLimit: 2 },
      Tags: [{ Key: 'nodeyard:node-id', Value: 'n1' }],
    });
    const made = started.cloud.resources().find(({ kind }) => kind === 'instance');
    expect(instance?.LaunchTime).toEqual(new Date(made?.createdAt ?? 0));
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({}));
    expect(Volumes).toMatchObject([
      { State: 'in-use', Size: 8, Attachments: [{ InstanceId: id, DeleteOnTermination: true }] },
    ]);
    const { Addresses } = await ec2.send(new DescribeAddressesCommand({}));
    expect(Addresses).toMatchObject([
      { AllocationId: address, InstanceId: id, PublicIp: instance?.PublicIpAddress },
    ]);
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group] }));
    expect(SecurityGroups).toMatchObject([{ GroupId: group, GroupName: 'web', Description: 'd' }]);
  });

  test('keeps every character of a tag', async () => {
    const text = `<a> & "b" 'c' \t\r\n é – ${'🙂'}]]>`;
    run({ [text]: text });
    expect((await describeInstances()).found[0]?.Tags).toEqual([{ Key: text, Value: text }]);
  });

  test('is that of the region that the signature names', async () => {
    run();
    const elsewhere = client('us-east-1');
    expect((await elsewhere.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
    elsewhere.destroy();
  });

  test('is not shown before others may know of it, in no list and by no id', async () => {
    inject({ call: 'RunInstances', fault: 'not-yet', ms: 60_000 });
    const request = { call: 'RunInstances', region: REGION, input: { ImageId: 'ami-0123456789abcdef0' } };
    started.cloud.serve({ ...request, caller: {} }, started.cloud.strike('RunInstances'));
    const [made] = started.cloud.resources();
    expect(made?.kind).toBe('instance');
    expect((await describeInstances()).ids).toEqual([]);
    expect(await refusal(describeInstances({ InstanceIds: [made?.id ?? ''] }))).toBe(
      'InvalidInstanceID.NotFound 400',
    );
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
  });
});

describe('filters', () => {
  const byTag = async (key: string, ...Values: string[]) =>
    (await describeInstances({ Filters: [{ Name: `tag:${key}`, Values }] })).ids;

  test('compare tags exactly, but for * and ?', async () => {
    const one = run({ fleet: 'prod', Fleet: 'x' });
    const two = run({ fleet: 'prod-2' });
    const star = run({ fleet: 'pr*d' });
    expect(await byTag('fleet', 'prod')).toEqual([one]);
    expect(await byTag('fleet', 'PROD')).toEqual([]);
    expect(await byTag('FLEET', 'prod')).toEqual([]);
    expect(await byTag('fleet', 'prod', 'prod-2')).toEqual([one, two]);
    expect(await byTag('fleet', 'pr?d')).toEqual([one, star]);
    expect(await byTag('fleet', 'pro*')).toEqual([one, two]);
    expect(await byTag('fleet', 'pr\\*d')).toEqual([star]);
    expect(await byTag('constructor', '*')).toEqual([]);
  });

  test('must all be fulfilled', async () => {
    const id = run({ fleet: 'prod', node: 'n1' });
    const ended = run({ fleet: 'prod', node: 'n2' });
    run({ fleet: 'prod' });
    call('TerminateInstances', { InstanceIds: [ended] });
    const Filters = [
      { Name: 'tag:fleet', Values: ['prod'] },
      { Name: 'tag-key', Values: ['node'] },
      { Name: 'instance-state-name', Values: ['pending', 'running'] },
    ];
    expect((await describeInstances({ Filters })).ids).toEqual([id]);
  });

  test('that are not known are refused, never passed over', async () => {
    const Filters = [{ Name: 'colour', Values: ['red'] }];
    expect(await refusal(describeInstances({ Filters }))).toBe('InvalidParameterValue 400');
    expect(await refusal(ec2.send(new DescribeAddressesCommand({ Filters })))).toBe(
      'InvalidParameterValue 400',
    );
  });

  test('know what uses a group', async () => {
    const group = createGroup('web');
    const other = createGroup('db');
    const id = run({}, { SecurityGroupIds: [group] });
    const Terms = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, ReferencedGroupId: group };
    call('AuthorizeSecurityGroupIngress', { GroupId: other, Terms });
    const inGroup = { Filters: [{ Name: 'instance.group-id', Values: [group] }] };
    expect((await describeInstances(inGroup)).ids).toEqual([id]);
    const naming = { Filters: [{ Name: 'ip-permission.group-id', Values: [group] }] };
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand(naming));
    expect(SecurityGroups.map(({ GroupId }) => GroupId)).toEqual([other]);
  });
});

describe('pages', () => {
  test('are cut, and hold everything together', async () => {
    const all = Array.from({ length: 12 }, () => run());
    const pages: number[] = [];
    const seen: (string | undefined)[] = [];
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
      pages.push(Reservations.length);
      seen.push(...Reservations.flatMap(({ Instances = [] }) => Instances.map((each) => each.InstanceId)));
    }
    expect(pages).toEqual([5, 5, 2]);
    expect(seen.sort()).toEqual(all.sort());
  });

  test('are cut before they are filtered: one may be empty and not the last', async () => {
    for (let count = 0; count < 5; count += 1) run();
    const id = run({ fleet: 'prod' });
    const Filters = [{ Name: 'tag:fleet', Values: ['prod'] }];
    const first = await describeInstances({ Filters, MaxResults: 5 });
    expect(first.NextToken).toBeDefined();
    const second = await describeInstances({ Filters, MaxResults: 5, NextToken: first.NextToken });
    expect(second.NextToken).toBeUndefined();
    expect([...first.ids, ...second.ids]).toEqual([id]);
  });

  test('go on where they stood when what ended the page has gone', async () => {
    const volumes = Array.from({ length: 7 }, () => createVolume().VolumeId).sort();
    const first = await ec2.send(new DescribeVolumesCommand({ MaxResults: 5 }));
    const shown = (first.Volumes ?? []).map(({ VolumeId }) => VolumeId ?? '');
    call('DeleteVolume', { VolumeId: shown.at(-1) });
    const second = await ec2.send(new DescribeVolumesCommand({ MaxResults: 5, NextToken: first.NextToken }));
    expect([...shown, ...(second.Volumes ?? []).map(({ VolumeId }) => VolumeId ?? '')].sort()).toEqual(
      volumes,
    );
  });

  test('are refused where EC2 refuses them', async () => {
    const id = run();
    expect(await refusal(describeInstances({ MaxResults: 4 }))).toBe('InvalidParameterValue 400');
    expect(await refusal(describeInstances({ MaxResults: 1001 }))).toBe('InvalidParameterValue 400');
    expect(await refusal(describeInstances({ MaxResults: 5, InstanceIds: [id] }))).toBe(
      'InvalidParameterCombination 400',
    );
    expect(await refusal(describeInstances({ MaxResults: 5, NextToken: 'next please' }))).toBe(
      'InvalidPaginationToken 400',
    );
  });
});

describe('what ends things', () => {
  test('terminates, and says from which state to which', async () => {
    const id = run();
    const { TerminatingInstances } = await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(TerminatingInstances).toEqual([
      {
        InstanceId: id,
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 48, Name: 'terminated' },
      },
    ]);
    expect(started.cloud.resources()).toEqual([]);
  });

  test('detaches and deletes a volume, disassociates and releases an address, deletes a group with its rules', async () => {
    const id = run();
    const { VolumeId } = createVolume();
    call('AttachVolume', { VolumeId, InstanceId: id, Device: '/dev/sdf' });
    const AllocationId = allocate();
    call('AssociateAddress', { AllocationId, InstanceId: id });
    const GroupId = createGroup('web');

    expect(await refusal(ec2.send(new DeleteVolumeCommand({ VolumeId })))).toBe('VolumeInUse 400');
    const detached = await ec2.send(new DetachVolumeCommand({ VolumeId }));
    expect(detached).toMatchObject({ VolumeId, InstanceId: id, Device: '/dev/sdf' });
    await ec2.send(new DeleteVolumeCommand({ VolumeId }));

    expect(await refusal(ec2.send(new ReleaseAddressCommand({ AllocationId })))).toBe(
      'InvalidIPAddress.InUse 400',
    );
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
    const AssociationId = Addresses[0]?.AssociationId;
    await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    await ec2.send(new ReleaseAddressCommand({ AllocationId }));

    expect((await ec2.send(new DeleteSecurityGroupCommand({ GroupId }))).Return).toBe(true);
    expect(started.cloud.resources().map(({ kind }) => kind)).toEqual(['instance', 'volume']);
  });
});

describe('what is no call', () => {
  const post = async (
    body: string,
    authorization?: string,
    more: Record<string, string> = {},
  ): Promise<string> => {
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...more };
    const response = await fetch(endpoint(), { method: 'POST', body, headers });
    const text = await response.text();
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Response><Errors><Error>/);
    return `${/<Code>(.*)<\/Code>/.exec(text)?.[1]} ${response.status}`;
  };
  const signed = (scope = `${REGION}/ec2`) =>
    `AWS4-HMAC-SHA256 Credential=AKIA/20260101/${scope}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const ACTION = 'Action=DescribeInstances&Version=2016-11-15';

  test('is refused without a signature', async () => {
    run();
    expect(await post(ACTION)).toBe('MissingAuthenticationToken 403');
    expect(await post(ACTION, 'Bearer token')).toBe('IncompleteSignature 400');
    expect(await post(ACTION, signed().replace(/Signature=.*/, ''))).toBe('IncompleteSignature 400');
    expect(await post(ACTION, signed(`${REGION}/s3`))).toBe('SignatureDoesNotMatch 403');
    expect(started.cloud.calls('DescribeInstances')).toEqual([]);
  });

  test('is refused with a role’s key that comes without its token, or with another one', async () => {
    run();
    const key = signed().replace('AKIA', 'ASIA');
    expect(await post(ACTION, key)).toBe('AuthFailure 401');
    expect(await post(ACTION, key, { 'x-amz-security-token': 'made-up' })).toBe('AuthFailure 401');
  });

  it.each([
    [ACTION, 'InvalidAction'],
    ['Action=GetSessionToken', 'InvalidAction'],
    ['Action=AssumeRole&RoleSessionName=s', 'ValidationError'],
    ['Action=AssumeRole&RoleArn=r&RoleSessionName=s&Policy=p', 'UnsupportedOperation'],
  ])('of STS is refused in its own words: %s', async (body, code) => {
    const headers = { authorization: signed(`${REGION}/sts`) };
    const response = await fetch(endpoint(), { method: 'POST', body, headers });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toContain('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">');
    expect(text).toContain(`<Code>${code}</Code>`);
  });

  it.each([
    ['Action=MakeCoffee', 'InvalidAction 400'],
    ['Action=constructor', 'InvalidAction 400'],
    // The cloud knows it, but takes it only from the provider.
    ['Action=RunInstances', 'InvalidAction 400'],
    ['', 'InvalidAction 400'],
    [`${ACTION}&Colour=red`, 'UnknownParameter 400'],
    [`${ACTION}&InstanceId.2=i-0`, 'UnknownParameter 400'],
    [`${ACTION}&MaxResults=many`, 'InvalidParameterValue 400'],
    [`${ACTION}&DryRun=true`, 'UnsupportedOperation 400'],
    ['Action=DeleteVolume', 'MissingParameter 400'],
  ])('%s is refused as %s', async (body, expected) => {
    expect(await post(body, signed())).toBe(expected);
    expect(started.cloud.calls()).toEqual([]);
  });
});

describe('every call', () => {
  test('is booked with who made it, where, and what for', async () => {
    const id = run({ 'nodeyard:node-id': 'n1' });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(started.cloud.calls('TerminateInstances')).toMatchObject([
      {
        region: REGION,
        node: 'n1',
        caller: { agent: expect.stringContaining('aws-sdk-js') },
        input: { InstanceIds: [id] },
      },
    ]);
  });

  it.each([
    ['throttled', 'RequestLimitExceeded 503'],
    ['denied', 'UnauthorizedOperation 403'],
    ['expired', 'ExpiredToken 400'],
    ['server-error', 'InternalError 500'],
    ['in-use', 'DependencyViolation 400'],
    ['cut-before', 'TimeoutError undefined'],
    ['cut-after', 'TimeoutError undefined'],
    ['crash-before', 'TimeoutError undefined'],
    ['crash-after', 'TimeoutError undefined'],
    ['hang', 'TimeoutError undefined'],
    ['hang-after', 'TimeoutError undefined'],
  ] as const)('is struck by %s, and the SDK meets %s', async (fault, met) => {
    const GroupId = createGroup('web');
    inject({ call: 'DeleteSecurityGroup', fault });
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toBe(met);
    expect(started.cloud.calls('DeleteSecurityGroup')).toMatchObject([{ fault }]);
    const after = fault.endsWith('-after');
    expect(started.cloud.resources()).toHaveLength(after ? 0 : 2);
  });

  test('may be slow, or be answered with nonsense', async () => {
    inject({ call: 'DescribeInstances', fault: 'slow', ms: 30 });
    const id = run();
    expect((await describeInstances()).ids).toEqual([id]);
    inject({ call: 'DescribeInstances', fault: 'malformed' });
    expect((await describeInstances()).ids).toEqual([]);
  });
});
