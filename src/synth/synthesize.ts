/**
 * From the members of a run to the text of its `cdk.tf.json`: in this process, synchronous, no file, no environment.
 * The same members give the same bytes.
 */
import { isAbsolute } from 'node:path';
import { type ComposedNode, compose, type JsonObject } from '../../stacks/compose.js';
import type { HeartbeatPromise, NodeEvents, NodeStack } from '../../stacks/define.js';
import { NodeyardError } from '../errors.js';
import { NODE_ID } from '../node/request.js';
import { escapeDeeply } from './escape.js';
import { parseInputs } from './inputs.js';
import { ownershipTags } from './ownership.js';

/** One node of a run, as its record says it; `inputs` as they were requested. */
export interface Member {
  /** The id of the fleet that the node belongs to. */
  readonly fleet: string;
  readonly nodeId: string;
  readonly group: string;
  readonly role: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: unknown;
  /** Absolute; where the stack may keep what it needs on this machine. Need not exist. */
  readonly localDir: string;
  /** How the node may speak for itself, where the address of the API is known. */
  readonly events?: NodeEvents | undefined;
}

export interface RequiredProvider {
  /** As Terraform’s `required_providers` takes it: `hashicorp/aws`, or `aws` for the same. */
  readonly source: string;
  readonly version?: string;
}

export interface Synthesized {
  /** The text of `cdk.tf.json`. */
  readonly configuration: string;
  /** By local name; empty when the built-in provider is enough. */
  readonly providers: Readonly<Record<string, RequiredProvider>>;
  /** By node id: Terraform output name → the stack’s name for it. */
  readonly outputNames: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** By node id: what the stack promises of those that may speak. */
  readonly heartbeats: ReadonlyMap<string, HeartbeatPromise>;
}

/**
 * Throws INVALID_INPUT when a member’s inputs do not fit, CONFIGURATION when the stack itself is wrong or the members may
 * not share a run.
 */
export function synthesize(stack: NodeStack, members: readonly Member[]): Synthesized {
  refuseMixture(stack, members);
  const parsed = members.map((member) => ({ member, inputs: parseInputs(stack, member.inputs) }));
  const [first, ...others] = parsed.map(({ inputs }) => stack.batchKey(inputs));
  if (others.some((key) => key !== first)) {
    throw new NodeyardError(
      'CONFIGURATION',
      `Stack "${stack.name}": nodes of different batch keys in one run.`,
    );
  }
  const { configuration, outputNames } = compose(
    stack,
    parsed.map(({ member, inputs }) => composedNode(stack, member, inputs)),
  );
  const providers = requiredProviders(configuration);
  refuseMissingProviders(stack, configuration, providers);
  // In lines, though one would be shorter: Terraform’s diagnostics quote the source line, and a single one would put the
  // whole configuration of every member into them.
  const text = `${JSON.stringify(configuration, null, 2)}\n`;
  return { configuration: text, providers, outputNames, heartbeats: promisesOf(stack, parsed) };
}

function composedNode(stack: NodeStack, member: Member, inputs: ComposedNode['inputs']): ComposedNode {
  const { fleet, nodeId, group, role } = member;
  return {
    nodeId,
    context: escapeDeeply({
      id: nodeId,
      group,
      role,
      stack: stack.name,
      tags: member.tags,
      ownershipTags: ownershipTags({ fleet, nodeId, group, role, stack: stack.name }),
      localDir: member.localDir,
      ...(member.events === undefined ? {} : { events: { ...member.events } }),
    }),
    inputs: escapeDeeply(inputs),
  };
}

function promisesOf(
  stack: NodeStack,
  parsed: readonly { readonly member: Member; readonly inputs: ComposedNode['inputs'] }[],
): ReadonlyMap<string, HeartbeatPromise> {
  return new Map(
    parsed.flatMap(({ member: { nodeId, events }, inputs }) => {
      const promise = events === undefined ? undefined : stack.heartbeats(inputs);
      return promise === undefined ? [] : [[nodeId, promise] as const];
    }),
  );
}

/** Ids become Terraform names: a wrong one here is a fault of the caller, and would reach a path. */
function refuseMixture(stack: NodeStack, members: readonly Member[]): void {
  if (members.length === 0) {
    throw new NodeyardError('CONFIGURATION', `Stack "${stack.name}": a run needs at least one node.`);
  }
  const ids = new Set<string>();
  for (const { nodeId, localDir } of members) {
    if (!NODE_ID.test(nodeId)) {
      throw new NodeyardError('INVALID_INPUT', `id: ${JSON.stringify(nodeId)} is not a node id`, {
        field: 'id',
      });
    }
    if (ids.has(nodeId)) {
      throw new NodeyardError('CONFIGURATION', `Node "${nodeId}" stands twice in one run.`);
    }
    if (!isAbsolute(localDir)) {
      throw new NodeyardError('CONFIGURATION', `The local directory of node "${nodeId}" must be absolute.`);
    }
    ids.add(nodeId);
  }
}

function requiredProviders(configuration: JsonObject): Record<string, RequiredProvider> {
  const terraform = configuration['terraform'] as
    | { required_providers?: Record<string, RequiredProvider> }
    | undefined;
  return terraform?.required_providers ?? {};
}

/** Terraform would guess a provider by the resource’s name and then miss it in the run’s bundle. */
function refuseMissingProviders(
  stack: NodeStack,
  configuration: JsonObject,
  providers: Readonly<Record<string, RequiredProvider>>,
): void {
  for (const section of ['resource', 'data']) {
    const types = (configuration[section] ?? {}) as Record<string, Record<string, { provider?: string }>>;
    for (const [type, resources] of Object.entries(types)) {
      const provider = type.split('_', 1)[0] ?? type;
      if (provider === 'terraform' || Object.hasOwn(providers, provider)) continue;
      if (Object.values(resources).every((resource) => resource.provider !== undefined)) continue;
      throw new NodeyardError(
        'CONFIGURATION',
        `Stack "${stack.name}" has a resource ${type} without its provider; add it in \`provider\`.`,
      );
    }
  }
}
