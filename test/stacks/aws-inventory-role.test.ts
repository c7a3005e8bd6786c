/** An AWS inventory in the account of a role: the real SDK assumes it at a simulated STS. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DetailedPlace } from '../../src/fleet/inventory.js';
import { type AssumedRole, placeOf, readPlace } from '../../stacks/aws-node/inventory/place.js';
import { awsNode } from '../../stacks/aws-node.js';
import { tagsAsList } from '../simcloud/api.js';
import type { AssumeRoleOutput } from '../simcloud/cloud/sessions.js';
import { Account, idsOf, itemOf, marks, REGION } from './aws-account.js';

const TENANT = '210987654321';
const ROLE = { roleArn: `arn:aws:iam::${TENANT}:role/tenants/nodes`, externalId: 'nodeyard-7' };
const HOUR = 3_600_000;

let account: Account;
const open = async (sessionMs = HOUR): Promise<void> => {
  account = await Account.open({ sessionMs, roles: [{ arn: ROLE.roleArn, externalId: ROLE.externalId }] });
};
beforeEach(() => open());
afterEach(() => account.close());

const named = (role: AssumedRole): DetailedPlace =>
  placeOf({ region: REGION, assumeRole: role }) as DetailedPlace;

/** As a worker does that has only what is remembered. */
const inventoryOf = (role: AssumedRole, env: Readonly<Record<string, string>> = {}) => {
  const { name, details } = JSON.parse(JSON.stringify(named(role))) as DetailedPlace;
  const { role: read } = readPlace(name, details);
  return account.inventory({ place: name, ...(read && { role: read }), attempts: 1 }, env);
};

/** As the provider does with that role. */
function runInTenant(nodeId: string): string {
  const { Credentials } = account.call<AssumeRoleOutput>('AssumeRole', {
    RoleArn: ROLE.roleArn,
    ExternalId: ROLE.externalId,
  });
  const Tags = tagsAsList(marks(nodeId));
  const { reply } = account.started.cloud.serve({
    call: 'RunInstances',
    region: REGION,
    input: {
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: 'm7g.large',
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    },
    caller: {},
    session: { accessKeyId: Credentials.AccessKeyId, token: Credentials.SessionToken },
  });
  if (!('output' in reply)) throw new Error(JSON.stringify(reply));
  return (reply.output as { Instances: { InstanceId: string }[] }).Instances[0]?.InstanceId ?? '';
}

describe('the place of a node', () => {
  test('is its region where the worker itself makes it', () => {
    expect(placeOf({ region: REGION })).toBe(REGION);
    expect(readPlace(REGION, {})).toEqual({ region: REGION });
  });

  test('names the account of a role, and holds what it takes to assume it again', () => {
    const { name, details } = named({ ...ROLE, sessionName: 'yard' });
    expect(name).toMatch(/^eu-central-1-role-210987654321-[0-9a-f]{16}$/);
    expect(readPlace(name, details)).toEqual({ region: REGION, role: { ...ROLE, sessionName: 'yard' } });
  });

  test('is another one for another role, external id, session or region', () => {
    const roles = [
      ROLE,
      { ...ROLE, roleArn: `${ROLE.roleArn}2` },
      { roleArn: ROLE.roleArn },
      { ...ROLE, externalId: 'other' },
      { ...ROLE, sessionName: 'other' },
    ];
    const names = [
      ...roles.map((role) => named(role).name),
      placeOf({ region: 'us-east-1', assumeRole: ROLE }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test('of a role that is not remembered is not asked with the worker’s own credentials', async () => {
    const { name } = named(ROLE);
    const context = { fleet: 'f', dataDir: '/d', nodes: '/d/nodes', env: account.started.env };
    await expect(awsNode.inventory?.open(name, context, {})).rejects.toMatchObject({
      code: 'INVENTORY_UNAVAILABLE',
    });
  });
});

describe('an inventory with a role', () => {
  test('shows the role’s account and nothing of the worker’s own, and the other way round', async () => {
    const own = account.run(marks('n1'));
    const theirs = runInTenant('n2');
    const inventory = await inventoryOf(ROLE);
    expect(inventory.name).toBe(`aws-${named(ROLE).name}`);
    expect(idsOf(await inventory.list())).toEqual([theirs]);
    expect(idsOf(await (await account.inventory()).list())).toEqual([own]);
  });

  test('ends what is in that account', async () => {
    const id = runInTenant('n2');
    const inventory = await inventoryOf(ROLE);
    await inventory.destroy(itemOf('aws_instance', id, 'n2'));
    expect(await inventory.list()).toEqual([]);
    expect(account.existing()).toEqual([]);
  });

  test('assumes the role once for as long as its credentials are good, under a name of its own', async () => {
    const inventory = await inventoryOf(ROLE);
    await inventory.list();
    await inventory.list();
    expect(account.calls('AssumeRole')).toBe(1);
    const [call] = account.started.cloud.calls('AssumeRole');
    expect(call?.input).toMatchObject({ RoleSessionName: 'nodeyard-inventory', ExternalId: 'nodeyard-7' });
  });

  test('takes the session’s name from the request', async () => {
    await (await inventoryOf({ ...ROLE, sessionName: 'yard' })).list();
    expect(account.started.cloud.calls('AssumeRole').at(-1)?.input).toMatchObject({
      RoleSessionName: 'yard',
    });
  });

  test('assumes it anew before they end', async () => {
    await account.close();
    await open(60_000);
    const inventory = await inventoryOf(ROLE);
    await inventory.list();
    const before = account.calls('AssumeRole');
    await inventory.list();
    expect(account.calls('AssumeRole')).toBeGreaterThan(before);
  });

  test.each([
    ['the external id is another one', { ...ROLE, externalId: 'guessed-one' }],
    ['the external id is missing', { roleArn: ROLE.roleArn }],
    ['the role is not there', { ...ROLE, roleArn: `arn:aws:iam::${TENANT}:role/nobody` }],
  ])('says nothing about what exists where %s', async (_what, role) => {
    runInTenant('n2');
    const inventory = await inventoryOf(role);
    const error = await inventory.list().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('sts:AssumeRole') as string,
    });
    expect(String(error)).not.toContain('guessed-one');
    await expect(inventory.list({ nodeId: 'n2' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(
      inventory.destroy(itemOf('aws_instance', 'i-0123456789abcdef0', 'n2')),
    ).rejects.toMatchObject({
      code: 'DENIED',
    });
    expect(account.calls('DescribeInstances')).toBe(0);
  });

  test.each([
    ['throttled', 'THROTTLED'],
    ['server-error', 'NETWORK'],
    ['expired', 'CREDENTIALS'],
    ['malformed', 'CREDENTIALS'],
    ['cut-before', 'NETWORK'],
  ] as const)('says nothing while STS answers with %s, and goes on afterwards', async (fault, code) => {
    const id = runInTenant('n2');
    const inventory = await inventoryOf(ROLE);
    account.inject({ call: 'AssumeRole', fault });
    await expect(inventory.list()).rejects.toMatchObject({ code });
    account.inject();
    expect(idsOf(await inventory.list())).toEqual([id]);
  });

  test('says nothing where its credentials have ended all the same', async () => {
    await account.close();
    await open(0);
    runIsRefused();
    const inventory = await inventoryOf(ROLE);
    await expect(inventory.list()).rejects.toMatchObject({ code: 'CREDENTIALS' });
    expect(account.calls('DescribeInstances')).toBeGreaterThan(0);
  });
});

/** The cloud itself refuses keys whose time is over, and keys that it never gave. */
function runIsRefused(): void {
  const { Credentials } = account.call<AssumeRoleOutput>('AssumeRole', { ...keysOf() });
  const ask = (accessKeyId: string, token: string) =>
    account.started.cloud.serve({
      call: 'DescribeInstances',
      region: REGION,
      input: {},
      caller: {},
      session: { accessKeyId, token },
    }).reply;
  const { AccessKeyId, SessionToken } = Credentials;
  expect(ask(AccessKeyId, SessionToken)).toMatchObject({ error: { code: 'RequestExpired' } });
  expect(ask(AccessKeyId, 'x')).toMatchObject({ error: { code: 'AuthFailure' } });
  expect(ask('ASIAX', SessionToken)).toMatchObject({ error: { code: 'AuthFailure' } });
}
const keysOf = () => ({ RoleArn: ROLE.roleArn, ExternalId: ROLE.externalId });
