/**
 * From definitions to a Terraform configuration: one CDK stack, one construct per node directly below it. A node’s
 * addresses depend on its id alone, so they are the same in every run, whoever shares it.
 *
 * There is no CDK `App`: it would read CDKTF_* variables and make directories. Nothing is validated by the CDK (about 45 ms
 * per resource) and no backend is written: Terraform’s default keeps `terraform.tfstate` in the run’s directory.
 */
import { TerraformElement, TerraformOutput, TerraformProvider, TerraformStack } from 'cdktf';
import { invokeAspects } from 'cdktf/lib/synthesize/synthesizer.js';
import { Construct } from 'constructs';
import { NodeyardError } from '../src/errors.js';
import { isOutputName, type NodeContext, type NodeStack, type ValidInputs } from './define.js';
import { withTokenGuard } from './token-guard.js';

const CUSTOM_SYNTHESIS = Symbol.for('cdktf/customSynthesis');
/** Outputs have a scope that no resource of an author can collide with. */
const OUTPUT_SCOPE = '$outputs';

export interface ComposedNode {
  /** As it was requested: valid, so it needs no escaping, and nothing in it may be changed. */
  readonly nodeId: string;
  readonly context: NodeContext;
  /** Valid and escaped. */
  readonly inputs: ValidInputs;
}

export type JsonObject = { [key: string]: unknown };

export interface Composition {
  /** The configuration as plain data, without the CDK’s metadata. */
  readonly configuration: JsonObject;
  /** By node id: Terraform output name → the stack’s name for it. */
  readonly outputNames: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Throws CONFIGURATION when the stack’s code throws or describes what nodeyard cannot run. */
export function compose(definition: NodeStack, nodes: readonly ComposedNode[]): Composition {
  return withTokenGuard(() => {
    const { stack, providers } = stackWithProviders(definition, nodes);
    const outputNames = new Map<string, Readonly<Record<string, string>>>();
    for (const node of nodes) outputNames.set(node.nodeId, addNode(stack, definition, node));
    refuseStrayElements(stack, definition, providers, nodes);
    const configuration = guarded(definition, 'synthesizing', () => {
      invokeAspects(stack);
      return stack.toTerraform() as JsonObject;
    });
    refuseUnsupported(definition, configuration);
    return { configuration: withoutMetadata(configuration), outputNames };
  });
}

/** The construct id of a node. The prefix makes every id a valid Terraform name, also one that begins with a digit. */
const nodeScopeId = (nodeId: string): string => `n${nodeId}`;

function stackWithProviders(definition: NodeStack, nodes: readonly ComposedNode[]) {
  const build = (inputs: ValidInputs) => {
    const root = new Construct(undefined as unknown as Construct, '');
    const stack = new TerraformStack(root, 'nodeyard');
    guarded(definition, 'adding its providers', () => definition.provider(stack, inputs));
    return stack;
  };
  const [first, ...others] = nodes;
  const stack = build(first?.inputs ?? {});
  if (others.length > 0) {
    const expected = JSON.stringify(withoutMetadata(stack.toTerraform() as JsonObject));
    for (const { nodeId, inputs } of others) {
      if (JSON.stringify(withoutMetadata(build(inputs).toTerraform() as JsonObject)) === expected) continue;
      throw invalid(
        definition,
        `its batchKey lets node "${nodeId}" share a run with nodes whose providers are configured differently`,
      );
    }
  }
  return { stack, providers: new Set(stack.node.children) };
}

function addNode(stack: TerraformStack, definition: NodeStack, { nodeId, context, inputs }: ComposedNode) {
  const scope = new Construct(stack, nodeScopeId(nodeId));
  const outputs = guarded(definition, `describing node "${nodeId}"`, () =>
    definition.node(scope, inputs, context),
  );
  if (typeof outputs !== 'object' || outputs === null) {
    throw invalid(definition, '`node` must return its outputs as an object');
  }
  const names: Record<string, string> = {};
  const outputScope = new Construct(scope, OUTPUT_SCOPE);
  for (const [name, value] of Object.entries(outputs)) {
    if (!isOutputName(name)) {
      throw invalid(definition, `output ${JSON.stringify(name)} must be letters, digits or "_", at most 63`);
    }
    if (value === undefined || value === null) continue;
    const sensitive = definition.sensitiveOutputs.has(name);
    const output = new TerraformOutput(outputScope, name, { value, ...(sensitive ? { sensitive } : {}) });
    names[output.friendlyUniqueId] = name;
  }
  return names;
}

/** What stands outside a node’s own scope, or under a name that is not its own, would differ from run to run. */
function refuseStrayElements(
  stack: TerraformStack,
  definition: NodeStack,
  providers: ReadonlySet<unknown>,
  nodes: readonly ComposedNode[],
): void {
  const scopes = new Set(nodes.map(({ nodeId }) => nodeScopeId(nodeId)));
  for (const child of stack.node.children) {
    if (providers.has(child)) continue;
    if (!scopes.has(child.node.id)) {
      throw invalid(definition, `"${child.node.id}" must be made below the scope that \`node\` is given`);
    }
    for (const element of child.node.findAll()) {
      if (CUSTOM_SYNTHESIS in element) {
        throw invalid(definition, `"${element.node.path}" writes files when synthesized; put them elsewhere`);
      }
      if (!TerraformElement.isTerraformElement(element)) continue;
      if (TerraformProvider.isTerraformProvider(element)) {
        throw invalid(definition, `provider "${element.node.path}" must be made in \`provider\``);
      }
      if (!element.friendlyUniqueId.startsWith(`${child.node.id}_`)) {
        throw invalid(definition, `"${element.node.path}" must keep the name that the CDK gives it`);
      }
    }
  }
}

function refuseUnsupported(definition: NodeStack, configuration: JsonObject): void {
  const terraform = configuration['terraform'] as JsonObject | undefined;
  if (terraform?.['backend'] !== undefined || terraform?.['cloud'] !== undefined) {
    throw invalid(definition, 'a backend is nodeyard’s own business; remove it');
  }
  if (configuration['module'] !== undefined) {
    throw invalid(definition, 'Terraform modules would need an `init` in every run; use resources');
  }
}

/** The CDK’s comments carry paths and stack traces. Only its own places are cleared: `//` may be a key of a user’s map. */
function withoutMetadata(configuration: JsonObject): JsonObject {
  const cleared = without(configuration);
  for (const section of ['resource', 'data'] as const) {
    const types = cleared[section];
    if (isObject(types)) {
      cleared[section] = mapValues(types, (type) => (isObject(type) ? mapValues(type, without) : type));
    }
  }
  return cleared;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const without = <T>(value: T): T => {
  if (!isObject(value)) return value;
  const { '//': _metadata, ...rest } = value;
  return rest as T;
};

const mapValues = (object: JsonObject, change: (value: unknown) => unknown): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

function guarded<T>(definition: NodeStack, doing: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof NodeyardError) throw cause;
    throw new NodeyardError(
      'CONFIGURATION',
      `Stack "${definition.name}" failed while ${doing}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

const invalid = (definition: NodeStack, problem: string): NodeyardError =>
  new NodeyardError('CONFIGURATION', `Stack "${definition.name}": ${problem}.`);
