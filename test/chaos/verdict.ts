/**
 * What must be so in the end, judged from evidence alone. Each rule names what breaks it; a run is good when none does. The
 * cloud’s own list decides what exists, never what a worker believes.
 */
import type { CloudRecord, InstanceRecord } from '../simcloud/cloud/records.js';
import type { Evidence, NodeEvidence } from './evidence.js';

/** In the order in which they are told; the first four are the promise. */
export const RULES = {
  unownedInstances: 'instances without an owner',
  doubledNodes: 'nodes with two instances',
  stuckNodes: 'nodes stuck',
  lostStates: 'states lost',
  missingInstances: 'nodes without their instance',
  leftResources: 'other resources without an owner',
  quarantines: 'quarantined states left',
  openJobs: 'jobs left',
  runDirectories: 'run directories left',
  processes: 'processes left',
  keys: 'keys of destroyed nodes left',
} as const;
export type RuleName = keyof typeof RULES;

export interface Violation {
  readonly rule: RuleName;
  /** The node that it is about, where it is about one. */
  readonly nodeId?: string;
  readonly says: string;
}

/** The tag by which a resource names its node. */
const NODE_TAG = 'nodeyard:node-id';

/** Empty when all is as it should be. */
export function judge(evidence: Evidence): readonly Violation[] {
  const { resources, nodes } = evidence;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const instances = resources.filter((record) => record.kind === 'instance');
  const instancesOf = byNode(instances);
  return [
    ...instances.filter((instance) => !owns(byId.get(nodeIdOf(instance)), instance.id)).map(unowned),
    ...[...instancesOf].filter(([nodeId, own]) => byId.has(nodeId) && own.length > 1).map(doubled),
    ...nodes.filter((node) => !isWhereAsked(node)).map(stuck),
    ...nodes.flatMap((node) => lost(node, instancesOf.get(node.id) ?? [])),
    ...nodes.filter((node) => isCreated(node) && !instancesOf.has(node.id)).map(missing),
    ...leftResources(resources, byId),
    ...all('quarantines', evidence.quarantines, nodeOfQuarantine),
    ...all('openJobs', evidence.jobs),
    ...all('runDirectories', evidence.runDirectories, nodeOfDirectory),
    ...all('processes', evidence.processes),
    ...all('keys', evidence.keys),
  ];
}

function byNode(instances: readonly InstanceRecord[]): ReadonlyMap<string, readonly InstanceRecord[]> {
  const grouped = new Map<string, InstanceRecord[]>();
  for (const instance of instances) {
    grouped.set(nodeIdOf(instance), [...(grouped.get(nodeIdOf(instance)) ?? []), instance]);
  }
  return grouped;
}

const nodeIdOf = ({ tags }: CloudRecord): string => tags[NODE_TAG] ?? '';
const isCreated = ({ record }: NodeEvidence): boolean => record?.state === 'CREATED';

/** A node owns what its state document holds, unless it is destroyed. */
const owns = (node: NodeEvidence | undefined, id: string): boolean =>
  node?.record !== undefined && node.record.state !== 'DESTROYED' && node.held?.has(id) === true;

const isWhereAsked = ({ asked, record }: NodeEvidence): boolean =>
  record?.state === (asked === 'life' ? 'CREATED' : 'DESTROYED');

const unowned = (instance: InstanceRecord): Violation => ({
  rule: 'unownedInstances',
  nodeId: nodeIdOf(instance),
  says: `${instance.id} of ${nodeIdOf(instance) || 'nobody'}, made at ${timeOf(instance)}`,
});

const doubled = ([nodeId, own]: [string, readonly InstanceRecord[]]): Violation => ({
  rule: 'doubledNodes',
  nodeId,
  says: `${nodeId} has ${own.map(({ id }) => id).join(' and ')}`,
});

function stuck({ id, asked, record }: NodeEvidence): Violation {
  const { state = 'not on record', failure } = record ?? {};
  const why = failure === undefined ? '' : ` (${failure.operation}: ${failure.code}: ${failure.message})`;
  const says = `${id} is ${state}${why}; its ${asked} was asked for`;
  return { rule: 'stuckNodes', nodeId: id, says };
}

/** A node that is there, and so is its instance, but no state holds it; or one that is destroyed, and has a state. */
function lost(node: NodeEvidence, instances: readonly InstanceRecord[]): Violation[] {
  const { id: nodeId, record, held } = node;
  const rule = 'lostStates';
  if (record?.state === 'DESTROYED' && held !== undefined) {
    return [{ rule, nodeId, says: `${nodeId} is DESTROYED and has a state of ${held.size} resources` }];
  }
  if (!isCreated(node) || instances.length === 0 || instances.some(({ id }) => held?.has(id))) return [];
  const ids = instances.map(({ id }) => id).join(', ');
  return [{ rule, nodeId, says: `${nodeId} is CREATED, and its state does not hold ${ids}` }];
}

const missing = ({ id }: NodeEvidence): Violation => ({
  rule: 'missingInstances',
  nodeId: id,
  says: `${id} is CREATED, and the cloud has no instance of it`,
});

/** A rule goes with its group, a root volume and a spot request with their instance. */
function leftResources(
  resources: readonly CloudRecord[],
  nodes: ReadonlyMap<string, NodeEvidence>,
): Violation[] {
  const instances = new Set(resources.filter(({ kind }) => kind === 'instance').map(({ id }) => id));
  return resources
    .filter((record) => {
      if (record.kind === 'instance' || record.kind === 'security-group-rule') return false;
      if (record.kind === 'spot-request') return !instances.has(record.instanceId);
      if (owns(nodes.get(nodeIdOf(record)), record.id)) return false;
      return record.kind !== 'volume' || !isRootOf(record.attachment, instances);
    })
    .map((record) => ({
      rule: 'leftResources',
      nodeId: nodeIdOf(record),
      says: `${record.kind} ${record.id} of ${nodeIdOf(record) || 'nobody'}, made at ${timeOf(record)}`,
    }));
}

const isRootOf = (
  attachment: Extract<CloudRecord, { kind: 'volume' }>['attachment'],
  instances: ReadonlySet<string>,
): boolean => attachment?.deleteOnTermination === true && instances.has(attachment.instanceId);

function all(
  rule: RuleName,
  what: readonly string[],
  nodeOf: (text: string) => string | undefined = () => undefined,
): Violation[] {
  return what.map((says) => {
    const nodeId = nodeOf(says);
    return { rule, says, ...(nodeId === undefined ? {} : { nodeId }) };
  });
}

const nodeOfQuarantine = (text: string): string | undefined => text.split('@', 1)[0];
/** `…/<node>.<epoch>.<run>` */
const nodeOfDirectory = (path: string): string | undefined => /([^/.]+)\.\d+\.[^/]+$/.exec(path)?.[1];

const timeOf = ({ createdAt }: CloudRecord): string => new Date(createdAt).toISOString().slice(11, 23);

export function numbersOf(violations: readonly Violation[]): Record<RuleName, number> {
  const rules = Object.keys(RULES) as RuleName[];
  return Object.fromEntries(
    rules.map((rule) => [rule, violations.filter((violation) => violation.rule === rule).length]),
  ) as Record<RuleName, number>;
}
