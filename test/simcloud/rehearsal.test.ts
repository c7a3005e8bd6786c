/** A whole nodeyard in front of the simulated AWS: queue, worker, Terraform, provider, cloud. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Yard } from '../support/yard.js';
import type { CloudRecord } from './cloud/records.js';
import { createMirror } from './mirror.js';
import { MINIMAL } from './stand.js';
import { type StartedCloud, startCloud } from './start.js';

/** The calls of the SDK are repeated so often when they are throttled; what lasts longer reaches nodeyard. */
const SDK_RETRIES = 3;

let mirror: string;
let started: StartedCloud;
let yard: Yard;

beforeAll(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'ny-mirror-'));
  await createMirror(mirror);
  started = await startCloud();
  yard = await Yard.open({
    ...started.env,
    SIMCLOUD_RETRIES: String(SDK_RETRIES),
    SIMCLOUD_PATIENCE_MS: '2000',
    NODEYARD_TERRAFORM_PROVIDER_MIRROR: mirror,
    NODEYARD_TERRAFORM_PASS_ENV: 'SIMCLOUD_*',
  });
  await yard.startWorker();
});
afterAll(async () => {
  try {
    await yard.close();
  } finally {
    await started.stop();
    rmSync(mirror, { recursive: true, force: true });
  }
});
afterEach(() => {
  started.cloud.inject([]);
});

const requested = async (inputs: object = {}): Promise<string> => {
  const { node } = await yard.app.client.requestNode({
    group: 'edge',
    role: 'relay',
    stack: 'aws-node',
    inputs: { ...MINIMAL, ...inputs },
  });
  return node.id;
};
const destroyed = async (nodeId: string): Promise<void> => {
  await yard.app.client.requestDestruction(nodeId);
  await yard.reaches(nodeId, 'DESTROYED');
};
const ofNode = (nodeId: string): CloudRecord[] =>
  started.cloud.resources().filter(({ tags }) => tags['nodeyard:node-id'] === nodeId);
const callsOf = (nodeId: string, call: string) =>
  started.cloud.calls(call).filter(({ node }) => node === nodeId);

describe('a node of aws-node', () => {
  test('is CREATED with the addresses that the cloud gave it, and DESTROYED to the last resource', async () => {
    const id = await requested({
      elasticIp: true,
      securityGroup: {},
      dataVolumes: [{ device: '/dev/sdf', sizeGiB: 8 }],
    });
    const { outputs } = await yard.reaches(id, 'CREATED');
    const instance = ofNode(id).find((record) => record.kind === 'instance');
    const address = ofNode(id).find((record) => record.kind === 'address');
    expect(outputs).toEqual({
      instanceId: instance?.id,
      privateAddress: instance?.kind === 'instance' ? instance.privateIp : undefined,
      publicAddress: address?.kind === 'address' ? address.publicIp : undefined,
      zone: 'eu-central-1a',
    });
    expect(started.cloud.unowned([id])).toEqual([]);
    await destroyed(id);
    expect(started.cloud.resources()).toEqual([]);
  });

  test('stands in the ledger with the region, the zone and the price that were asked for, whatever they are', async () => {
    const asked = [
      { region: 'eu-central-1', zone: 'eu-central-1b', spot: { maxPrice: '0.0310' } },
      { region: 'eu-central-1', zone: 'eu-central-1c', spot: { maxPrice: '0.0310' } },
      { region: 'us-west-2', zone: 'us-west-2c', spot: { maxPrice: '0.0425' } },
      { region: 'us-west-2' },
    ];
    const ids = await Promise.all(asked.map(requested));
    for (const id of ids) await yard.reaches(id, 'CREATED');
    const booked = ids.map((id) =>
      callsOf(id, 'RunInstances').map(({ region, input }) => ({ region, input })),
    );
    expect(booked).toEqual(
      asked.map(({ region, zone, spot }) => {
        const market = {
          MarketType: 'spot',
          SpotOptions: expect.objectContaining({ MaxPrice: spot?.maxPrice }),
        };
        const input: Record<string, unknown> = { ImageId: MINIMAL.ami };
        if (zone !== undefined) input['AvailabilityZone'] = zone;
        if (spot !== undefined) input['InstanceMarketOptions'] = market;
        return [{ region, input: expect.objectContaining(input) }];
      }),
    );
    const [plain] = callsOf(ids[3] ?? '', 'RunInstances');
    expect(plain?.input).not.toHaveProperty('InstanceMarketOptions');
    expect(ids.map((id) => ofNode(id).find(({ kind }) => kind === 'spot-request'))).toMatchObject([
      { region: 'eu-central-1', maxPrice: '0.0310' },
      { region: 'eu-central-1', maxPrice: '0.0310' },
      { region: 'us-west-2', maxPrice: '0.0425' },
      undefined,
    ]);
    await Promise.all(ids.map(destroyed));
  });

  test('reaches its end though every third call is throttled', async () => {
    started.cloud.inject([{ call: '*', every: 3, fault: 'throttled' }]);
    const id = await requested();
    await yard.reaches(id, 'CREATED');
    await destroyed(id);
    expect(started.cloud.calls().filter(({ fault }) => fault === 'throttled')).not.toEqual([]);
    expect(ofNode(id)).toEqual([]);
  });

  test.each(['capacity', 'throttled'] as const)('is tried again while the cloud says %s', async (fault) => {
    const times = fault === 'throttled' ? SDK_RETRIES + 1 : 2;
    const before = started.cloud.calls('RunInstances').length;
    started.cloud.inject([{ call: 'RunInstances', times, fault }]);
    const id = await requested();
    await yard.reaches(id, 'CREATED');
    expect(started.cloud.calls('RunInstances')).toHaveLength(before + times + 1);
    expect(
      ofNode(id)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['instance', 'volume']);
    await destroyed(id);
  });

  test('is FAILED at the first denial, with nothing left', async () => {
    const before = started.cloud.calls('RunInstances').length;
    started.cloud.inject([{ call: 'RunInstances', fault: 'denied' }]);
    const id = await requested({ securityGroup: {} });
    const { failure } = await yard.reaches(id, 'FAILED');
    expect(failure).toMatchObject({ operation: 'create', code: 'DENIED', attempts: 1, retryable: false });
    expect(started.cloud.calls('RunInstances')).toHaveLength(before + 1);
    expect(ofNode(id)).toEqual([]);
    await destroyed(id);
  });

  test('waits for a security group that is in use, however often, and is DESTROYED then', async () => {
    const id = await requested({ securityGroup: {} });
    await yard.reaches(id, 'CREATED');
    // Longer than the provider itself waits, so that nodeyard has to come back.
    started.cloud.inject([{ call: 'DeleteSecurityGroup', forMs: 3000, fault: 'in-use' }]);
    await destroyed(id);
    expect(new Set(callsOf(id, 'DeleteSecurityGroup').map(({ caller }) => caller.run)).size).toBeGreaterThan(
      1,
    );
    expect(ofNode(id)).toEqual([]);
  });

  test('whose wait fails is replaced at the next try, and the first instance is gone', async () => {
    started.cloud.inject([{ call: 'DescribeInstances', times: SDK_RETRIES + 1, fault: 'server-error' }]);
    const id = await requested();
    await yard.reaches(id, 'CREATED');
    expect(callsOf(id, 'RunInstances')).toHaveLength(2);
    expect(ofNode(id).filter(({ kind }) => kind === 'instance')).toHaveLength(1);
    await destroyed(id);
    expect(started.cloud.resources()).toEqual([]);
  });
});

describe('a provider that dies between effect and answer', () => {
  test('leaves an instance that no state holds, which is gone before the next one is made', async () => {
    started.cloud.inject([{ call: 'RunInstances', nth: 1, fault: 'crash-after' }]);
    const id = await requested();
    const { outputs } = await yard.reaches(id, 'CREATED');
    expect(callsOf(id, 'RunInstances')).toHaveLength(2);
    const instances = ofNode(id).filter(({ kind }) => kind === 'instance');
    expect(instances.map((instance) => instance.id)).toEqual([outputs?.['instanceId']]);
    await destroyed(id);
    expect(started.cloud.resources()).toEqual([]);
  });

  test('and whose instance uses the group of its node does not keep that from being destroyed', async () => {
    started.cloud.inject([
      { call: 'RunInstances', nth: 1, fault: 'crash-after' },
      { call: 'DescribeInstances', fault: 'denied' },
    ]);
    const id = await requested({ securityGroup: {} });
    await yard.reaches(id, 'FAILED');
    expect(ofNode(id).map(({ kind }) => kind)).toContain('instance');
    started.cloud.inject([]);
    await destroyed(id);
    expect(ofNode(id)).toEqual([]);
  });
});
