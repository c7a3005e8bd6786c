/**
 * The inventory of `aws-node`: what EC2 itself says exists of this fleet in one region, by the exact ownership tags, and how it
 * is ended. A region whose answers are not all there says nothing: any call that fails in the end is thrown.
 */
import { join } from 'node:path';
import { NodeyardError } from '../../src/errors.js';
import type { Inventory, InventoryContext, InventoryItem } from '../../src/fleet/inventory.js';
import { createRedactor, secretsOf } from '../../src/log.js';
import { destroyAddress, listAddresses } from './inventory/addresses.js';
import { destroyAttachment, listAttachments } from './inventory/attachments.js';
import { openClient } from './inventory/client.js';
import { FirstSight } from './inventory/first-sight.js';
import { destroyInstance, listInstances } from './inventory/instances.js';
import { marksOf } from './inventory/marks.js';
import type { AssumedRole } from './inventory/place.js';
import { destroyRule, listRules, RULE_KINDS } from './inventory/security-group-rules.js';
import { destroySecurityGroup, listSecurityGroups } from './inventory/security-groups.js';
import { type Found, Session, type Target } from './inventory/session.js';
import { destroyVolume, listVolumes } from './inventory/volumes.js';

export interface AwsInventoryOptions {
  /** Its name is that of this place; that of the region when absent. */
  readonly place?: string;
  /** Assumed by the credentials of the context; they ask themselves when absent. */
  readonly role?: AssumedRole;
  /** How long (ms) EC2’s lists may go on without what a call has made. */
  readonly settleMs?: number;
  /** Results of a page; EC2 takes 5 to 1000. */
  readonly pageSize?: number;
  /** How often a call is made at most. */
  readonly attempts?: number;
  /** How long (ms) one attempt may go without a sign of life. */
  readonly attemptMs?: number;
  /** How long (ms) a whole list or a destruction may take. */
  readonly limitMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Terraform’s types, in whose state the same ids stand. */
const DESTROYERS: Readonly<Record<string, (session: Session, target: Target) => Promise<void>>> = {
  aws_instance: destroyInstance,
  aws_volume_attachment: destroyAttachment,
  aws_ebs_volume: destroyVolume,
  aws_eip: destroyAddress,
  [RULE_KINDS.egress]: destroyRule,
  [RULE_KINDS.ingress]: destroyRule,
  aws_security_group: destroySecurityGroup,
};

/** `region` as in the inputs of the stack. Credentials and endpoint are those of `context.env`, else those that the SDK finds. */
export async function openAwsInventory(
  region: string,
  { fleet, dataDir, env }: Pick<InventoryContext, 'fleet' | 'dataDir' | 'env'>,
  options: AwsInventoryOptions = {},
): Promise<Inventory> {
  const { settleMs = 10_000, pageSize = 500, attempts = 6, attemptMs = 15_000, limitMs = 55_000 } = options;
  const { place = region, role } = options;
  const name = `aws-${place}`;
  const client = await openClient({ region, env, role, attempts, attemptMs });
  const sightFile = join(dataDir, 'inventories', `${name}-${fleet}.json`);
  const firstSight = await FirstSight.open(sightFile, options.now ?? Date.now);
  const marks = marksOf(fleet);
  // Not a secret to AWS; but nobody has to read in a log what other accounts trust.
  const redact = createRedactor([...secretsOf(env), ...(role?.externalId ? [role.externalId] : [])]);
  const begin = (): Session =>
    new Session({ client, marks, pageSize, redact, signal: AbortSignal.timeout(limitMs) });

  return {
    name,
    settleMs,

    async list(of) {
      const session = begin();
      const instances = await listInstances(session, of);
      // Nobody pays for attachments and rules, and they go with what they belong to: they are told of only to a run of their node,
      // whose way they may bar.
      const attachments = of === undefined ? [] : await listAttachments(session, of, instances);
      const volumes = await listVolumes(session, of, instances);
      const addresses = await listAddresses(session, of);
      const groups = await listSecurityGroups(session, of);
      const rules = of === undefined ? [] : await listRules(session, groups);
      const found = [
        ...instances.map((one) => ({ ...one, kind: 'aws_instance', vital: true })),
        ...attachments.map((one) => ({ ...one, kind: 'aws_volume_attachment', vital: false })),
        ...volumes.map((one) => ({ ...one, kind: 'aws_ebs_volume', vital: false })),
        ...addresses.map((one) => ({ ...one, kind: 'aws_eip', vital: false })),
        ...rules.map((one) => ({ ...one, vital: false })),
        ...groups.map((one) => ({ ...one, kind: 'aws_security_group', vital: false })),
      ].filter(({ nodeId }) => of === undefined || nodeId === of.nodeId);
      return dated(found, firstSight, of === undefined);
    },

    async destroy(item) {
      const destroy = Object.hasOwn(DESTROYERS, item.kind) ? DESTROYERS[item.kind] : undefined;
      if (destroy === undefined) {
        throw new NodeyardError('INVALID_INPUT', `${name} has nothing of the kind "${item.kind}"`, {
          field: 'kind',
        });
      }
      await destroy(begin(), item);
    },
  };
}

async function dated(
  found: readonly (Found & Omit<InventoryItem, 'createdAt'>)[],
  firstSight: FirstSight,
  whole: boolean,
): Promise<InventoryItem[]> {
  const undated = found.filter(({ createdAt }) => createdAt === undefined).map(({ id }) => id);
  const seenAt = await firstSight.of(undated, whole);
  return found.map(({ createdAt, ...item }) => ({ ...item, createdAt: createdAt ?? seenAt(item.id) }));
}
