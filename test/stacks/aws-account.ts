/** A simulated account with resources of this fleet and of others, and inventories of it through the real SDK. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inventory, InventoryItem } from '../../src/fleet/inventory.js';
import { type AwsInventoryOptions, openAwsInventory } from '../../stacks/aws-node/inventory.js';
import { tagsAsList } from '../simcloud/api.js';
import type { FaultPlanInput } from '../simcloud/cloud/faults.js';
import type { CloudRecord } from '../simcloud/cloud/records.js';
import type { CloudSettingsInput } from '../simcloud/cloud/settings.js';
import { type StartedCloud, startCloud } from '../simcloud/start.js';

export const REGION = 'eu-central-1';
export const FLEET = 'prod';

type Tags = Readonly<Record<string, string>>;

/** As aws-node marks what it makes. */
export const marks = (nodeId: string, fleet = FLEET): Tags => ({
  Name: nodeId,
  'nodeyard:fleet': fleet,
  'nodeyard:node-id': nodeId,
  'nodeyard:group': 'edge',
});

export class Account {
  readonly started: StartedCloud;
  readonly dataDir: string;

  private constructor(started: StartedCloud) {
    this.started = started;
    this.dataDir = mkdtempSync(join(tmpdir(), 'ny-inventory-'));
  }

  static async open(settings: CloudSettingsInput = {}): Promise<Account> {
    return new Account(await startCloud({ bootMs: 0, terminateMs: 0, changeMs: 0, ...settings }));
  }

  async close(): Promise<void> {
    await this.started.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  inventory(
    options: AwsInventoryOptions = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<Inventory> {
    const context = { fleet: FLEET, dataDir: this.dataDir, env: { ...this.started.env, ...env } };
    return openAwsInventory(REGION, context, options);
  }

  inject(...plan: FaultPlanInput): void {
    this.started.cloud.inject(plan);
  }

  /** As the provider calls; throws what the cloud refuses. */
  call<Output>(name: string, input: object = {}, region = REGION): Output {
    const { reply } = this.started.cloud.serve({ call: name, region, input: { ...input }, caller: {} });
    if (!('output' in reply)) throw new Error(JSON.stringify(reply));
    return reply.output as Output;
  }

  run(tags: Tags, input: object = {}, region = REGION): string {
    const Tags = tagsAsList(tags);
    const { Instances } = this.call<{ Instances: { InstanceId: string }[] }>(
      'RunInstances',
      {
        ImageId: 'ami-0123456789abcdef0',
        InstanceType: 'm7g.large',
        TagSpecifications: [
          { ResourceType: 'instance', Tags },
          { ResourceType: 'volume', Tags },
        ],
        ...input,
      },
      region,
    );
    return Instances[0]?.InstanceId ?? '';
  }

  volume(tags: Tags): string {
    const input = { AvailabilityZone: `${REGION}a`, VolumeSize: 8, Tags: tagsAsList(tags) };
    return this.call<{ VolumeId: string }>('CreateVolume', input).VolumeId;
  }

  attach(VolumeId: string, InstanceId: string): void {
    this.call('AttachVolume', { VolumeId, InstanceId, Device: '/dev/sdf' });
  }

  address(tags: Tags, InstanceId?: string): string {
    const { AllocationId } = this.call<{ AllocationId: string }>('AllocateAddress', {
      Tags: tagsAsList(tags),
    });
    if (InstanceId !== undefined) this.call('AssociateAddress', { AllocationId, InstanceId });
    return AllocationId;
  }

  group(tags: Tags): string {
    const GroupName = `group-${this.started.cloud.calls('CreateSecurityGroup').length}`;
    const input = { GroupName, Description: 'd', Tags: tagsAsList(tags) };
    return this.call<{ GroupId: string }>('CreateSecurityGroup', input).GroupId;
  }

  tag(id: string, tags: Tags): void {
    this.call('CreateTags', { Resources: [id], Tags: tagsAsList(tags) });
  }

  /** What exists, but for rules, which go with their group. */
  existing(): string[] {
    return this.started.cloud
      .resources()
      .filter(({ kind }) => kind !== 'security-group-rule')
      .map(({ id }) => id);
  }

  record(id: string): CloudRecord | undefined {
    return this.started.cloud.resources().find((record) => record.id === id);
  }

  /** How often a call was made through the SDK. */
  calls(name: string): number {
    return this.started.cloud.calls(name).filter(({ caller }) => caller.agent !== undefined).length;
  }
}

export const idsOf = (items: readonly InventoryItem[]): string[] => items.map(({ id }) => id).sort();

/** As a list would have shown it. */
export const itemOf = (kind: string, id: string, nodeId = 'n1'): InventoryItem => ({
  nodeId,
  kind,
  id,
  createdAt: 0,
  vital: kind === 'aws_instance',
});
