/** What exists in the cloud and stands in no state: queue, workers, Terraform, provider, the AWS SDK, and a cloud with faults. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openInventories } from '../../src/fleet/open-inventories.js';
import { loadCatalog } from '../../stacks/catalog.js';
import type { Yard } from '../support/yard.js';
import { Account, killRuns, requestNode, SDK_RETRIES } from './account.js';
import { createMirror } from './mirror.js';

const SHORT_LEASE = {
  NODEYARD_LEASE_TTL: '4s',
  NODEYARD_LEASE_RENEW: '500ms',
  NODEYARD_LEASE_STOP_MARGIN: '1s',
  NODEYARD_QUEUE_LOCK: '3s',
  NODEYARD_QUEUE_STALLED: '1s',
};
const PATIENT = { timeout: 120_000 };
/** Every try of the provider’s SDK, so that the call fails in the end. */
const ALL_TRIES = SDK_RETRIES + 1;

/** In another account than the workers’ own. */
const TENANT = '210987654321';
const ROLE = { roleArn: `arn:aws:iam::${TENANT}:role/tenants/nodes`, externalId: 'nodeyard-7' };

let mirror: string;
let account: Account;
let yard: Yard;
beforeAll(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'ny-mirror-'));
  await createMirror(mirror);
});
afterAll(() => rmSync(mirror, { recursive: true, force: true }));
beforeEach(async () => {
  account = await Account.open(mirror, { roles: [{ arn: ROLE.roleArn, externalId: ROLE.externalId }] });
  yard = await account.yard({ ...SHORT_LEASE, NODEYARD_RETRY_CREATE_ATTEMPTS: '100' });
});
afterEach(async () => {
  inject();
  try {
    await yard.close();
    expect(account.started.cloud.resources().map(({ kind, id }) => `${kind} ${id}`)).toEqual([]);
  } finally {
    await account.close();
  }
});

const inject = (...plan: Parameters<typeof account.started.cloud.inject>[0]): void =>
  account.started.cloud.inject(plan);
const reasonsOf = async (id: string) => (await yard.app.store.history(id)).map(({ reason }) => reason ?? '');
const calls = (call: string) => account.started.cloud.calls(call);
/** How many such calls have had their effect. */
const effected = (call: string) =>
  expect.poll(() => calls(call).filter(({ effect }) => effect.length > 0).length, { timeout: 30_000 });

/** The node has its own machine, nobody else has any, and what was lost is told. */
async function hasOneMachine(id: string, place = 'aws-eu-central-1'): Promise<void> {
  const { outputs } = await yard.reaches(id, 'CREATED');
  expect(account.of(id, 'instance').map((record) => record.id)).toEqual([outputs?.['instanceId']]);
  expect(account.started.cloud.unowned([id])).toEqual([]);
  const told = new RegExp(
    `^destroyed aws_instance i-\\w+ in ${place}: an earlier run made it, and no state holds it$`,
  );
  expect(await reasonsOf(id)).toContainEqual(expect.stringMatching(told));
}
async function destroyed(id: string): Promise<void> {
  await yard.app.client.requestDestruction(id);
  await yard.reaches(id, 'DESTROYED');
  // What EC2 was told to terminate takes a moment to go, and nothing can keep it.
  await expect.poll(() => account.of(id).length, { timeout: 20_000 }).toBe(0);
}

describe('an instance whose id nobody was told', { ...PATIENT }, () => {
  test('because the answer was lost is gone before the next one is made', async () => {
    await yard.startWorker();
    inject({ call: 'RunInstances', times: ALL_TRIES, fault: 'cut-after' });
    const id = await requestNode(yard);
    await hasOneMachine(id);
    await destroyed(id);
  });

  test('because worker, Terraform and provider were killed between effect and answer is gone as well', async () => {
    inject({ call: 'RunInstances', nth: 1, fault: 'hang-after' });
    const doomed = await yard.spawnWorker();
    const id = await requestNode(yard);
    await effected('RunInstances').toBe(1);
    // Frozen first, so that nobody has the time to end anything well.
    doomed.signal('SIGSTOP');
    expect(await killRuns(yard)).toBeGreaterThan(1);
    doomed.signal('SIGKILL');
    await doomed.exited();
    await yard.startWorker();
    await hasOneMachine(id);
    await destroyed(id);
  });

  test('in the account of a role is found by that role, and gone before the next one is made', async () => {
    inject({ call: 'RunInstances', nth: 1, fault: 'hang-after' });
    const doomed = await yard.spawnWorker();
    const id = await requestNode(yard, { assumeRole: ROLE });
    await effected('RunInstances').toBe(1);
    doomed.signal('SIGSTOP');
    expect(await killRuns(yard)).toBeGreaterThan(1);
    doomed.signal('SIGKILL');
    await doomed.exited();
    await yard.startWorker();
    await hasOneMachine(id, `aws-eu-central-1-role-${TENANT}-[0-9a-f]{16}`);
    const { cloud } = account.started;
    expect(cloud.resources(TENANT).map(({ kind }) => kind)).toContain('instance');
    expect(cloud.resources('123456789012')).toEqual([]);
    await destroyed(id);
  });

  test('because a shutdown made the provider give up is gone as well', async () => {
    inject({ call: 'RunInstances', nth: 1, fault: 'hang-after' });
    await yard.startWorker();
    const id = await requestNode(yard);
    await effected('RunInstances').toBe(1);
    await yard.stopWorker();
    expect(account.of(id, 'instance')).toHaveLength(1);
    expect(await yard.app.client.get(id)).toMatchObject({ state: 'CREATING', accounted: 0 });
    await yard.startWorker();
    await hasOneMachine(id);
    await destroyed(id);
  });

  test('because its create was stopped for its destruction does not survive DESTROYED', async () => {
    inject({ call: 'RunInstances', nth: 1, fault: 'hang-after' });
    await yard.startWorker();
    const id = await requestNode(yard);
    await effected('RunInstances').toBe(1);
    await destroyed(id);
    expect(calls('RunInstances')).toHaveLength(1);
  });
});

describe('while the cloud refuses', { ...PATIENT }, () => {
  test('to delete a group that a lost run made, a create waits a little, and goes on', async () => {
    await yard.startWorker();
    inject(
      { call: 'CreateSecurityGroup', nth: 1, fault: 'crash-after' },
      { call: 'DeleteSecurityGroup', forMs: 2_000, fault: 'in-use' },
    );
    const id = await requestNode(yard, { securityGroup: {} });
    await yard.reaches(id, 'CREATED');
    expect(account.of(id, 'security-group')).toHaveLength(1);
    expect(account.started.cloud.unowned([id])).toEqual([]);
    await destroyed(id);
  });

  test('the same to a destroy, that is not DESTROYED before the group is gone', async () => {
    inject(
      { call: 'CreateSecurityGroup', nth: 1, fault: 'hang-after' },
      { call: 'DeleteSecurityGroup', forMs: 4_000, fault: 'in-use' },
    );
    await yard.startWorker();
    const id = await requestNode(yard, { securityGroup: {} });
    await effected('CreateSecurityGroup').toBe(1);
    await destroyed(id);
    expect(await reasonsOf(id)).toContainEqual(expect.stringMatching(/^destroyed aws_security_group sg-/));
  });

  test('to list what exists, nothing is made and nothing is called destroyed', async () => {
    await yard.startWorker();
    // The provider makes no such call for this node.
    inject(
      { call: 'RunInstances', nth: 1, fault: 'crash-after' },
      { call: 'DescribeAddresses', fault: 'server-error' },
    );
    const id = await requestNode(yard);
    const lastError = async () => (await yard.app.client.get(id)).lastError?.message;
    await expect.poll(lastError, { timeout: 40_000 }).toMatch(/^aws-eu-central-1 cannot say what exists: /);
    expect(account.callsOf(id, 'RunInstances')).toHaveLength(1);
    inject();
    await hasOneMachine(id);
    await destroyed(id);
  });
});

describe('a volume that hangs on its machine, as no state says', { ...PATIENT }, () => {
  const withVolume = { dataVolumes: [{ device: '/dev/sdf', sizeGiB: 8 }] };

  test('because Terraform was killed while it was attached, keeps no node from its end', async () => {
    inject({ call: 'AttachVolume', nth: 1, fault: 'hang-after' });
    const doomed = await yard.spawnWorker();
    const id = await requestNode(yard, withVolume);
    await effected('AttachVolume').toBe(1);
    doomed.signal('SIGSTOP');
    expect(await killRuns(yard)).toBeGreaterThan(1);
    await yard.app.client.requestDestruction(id);
    doomed.signal('SIGKILL');
    await doomed.exited();
    await yard.startWorker();
    await destroyed(id);
    expect(await reasonsOf(id)).toContainEqual(
      expect.stringMatching(/^destroyed aws_volume_attachment vai-/),
    );
  });

  test('because the state was lost in part, is let go of by a destroy that fails of it', async () => {
    await yard.startWorker();
    const id = await requestNode(yard, withVolume);
    await yard.reaches(id, 'CREATED');
    await yard.stopWorker();
    const stored = await yard.app.states.load(id);
    const text = stored?.document.toString() ?? '';
    const { resources, ...rest } = JSON.parse(text) as { resources: { type: string }[]; serial: number };
    const kept = {
      ...rest,
      serial: rest.serial + 1,
      resources: resources.filter(({ type }) => type !== 'aws_volume_attachment'),
    };
    const { epoch } = await yard.app.client.get(id);
    const document = Buffer.from(JSON.stringify(kept));
    expect(await yard.app.states.save(id, { epoch, sequence: 2 ** 40, document })).toBe('canonical');
    await yard.startWorker();
    await destroyed(id);
    expect(await reasonsOf(id)).toContainEqual(
      expect.stringMatching(/^destroyed aws_volume_attachment vai-/),
    );
  });
});
test(
  'what nobody remembers in the account of a role is seen from the places that Redis keeps',
  PATIENT,
  async () => {
    await yard.startWorker();
    const id = await requestNode(yard, { assumeRole: ROLE });
    await yard.reaches(id, 'CREATED');
    // Another process, which has never heard of the node, and knows the place alone.
    const inventories = openInventories(yard.app, await loadCatalog());
    const place = (await inventories.places()).find(({ stack }) => stack === 'aws-node');
    const listed = await (await place?.open())?.list();
    expect(listed?.map(({ nodeId, kind }) => `${kind} of ${nodeId}`)).toEqual([`aws_instance of ${id}`]);
    expect(place?.place).not.toContain(ROLE.externalId);
    await destroyed(id);
  },
);

test('two fleets in one account do not see one another’s resources', PATIENT, async () => {
  await yard.startWorker();
  const id = await requestNode(yard);
  await yard.reaches(id, 'CREATED');
  const other = await account.yard();
  try {
    const listed = async ({ app }: Yard) => {
      const inventories = openInventories(app, await loadCatalog());
      await inventories.remember({ stack: 'aws-node', inputs: (await yard.app.client.get(id)).inputs });
      const places = await inventories.places();
      const aws = await places.find(({ stack }) => stack === 'aws-node')?.open();
      return (await aws?.list())?.map(({ nodeId, kind }) => `${kind} of ${nodeId}`);
    };
    expect(await listed(yard)).toEqual([`aws_instance of ${id}`]);
    expect(await listed(other)).toEqual([]);
  } finally {
    await other.close();
  }
  await destroyed(id);
});
