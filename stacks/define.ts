/**
 * How a stack is written: what one node is made of, as CDKTF constructs. This is what `nodeyard/stacks` exports; the
 * built-in stacks are written with it as well.
 */
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { z } from 'zod';
import { NodeyardError } from '../src/errors.js';
import type { InventorySource } from '../src/fleet/inventory.js';

export { z } from 'zod';
export type {
  DetailedPlace,
  Inventory,
  InventoryContext,
  InventoryItem,
  InventorySource,
  PlaceDetails,
} from '../src/fleet/inventory.js';
export { type LocalExec, TerraformData, type TerraformDataConfig } from './terraform-data.js';

/** Survives a second copy of this package, so that modules of other packages are recognized. */
const NODE_STACK: unique symbol = Symbol.for('nodeyard.NodeStack') as never;

const STACK_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const OUTPUT_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** How a node speaks for itself; a secret of this node alone. */
export interface NodeEvents {
  /** The node’s own place in the API, without a slash at its end: `<url>/events`, `<url>/commands`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer <token>`. The same in every synthesis. */
  readonly token: string;
}

/** What a stack promises of its nodes, where they have been told whom to speak to. Seconds. */
export interface HeartbeatPromise {
  /** False where a node is in service with its first event; otherwise it says when it is configured. */
  readonly needsConfiguration?: boolean;
  /** How long the first event may take from CREATED on; `heartbeat.start` when absent. */
  readonly startSeconds?: number;
  /** How long the node may be silent after that; `heartbeat.silence` when absent. */
  readonly silenceSeconds?: number;
}

/** What a stack may know of the node that it describes. Every text is safe as an attribute’s value. */
export interface NodeContext {
  readonly id: string;
  readonly group: string;
  readonly role: string;
  /** Name of the stack. */
  readonly stack: string;
  /** The tags of the request. */
  readonly tags: Readonly<Record<string, string>>;
  /** To be put on every resource that can bear tags: they are how a forgotten resource finds its owner. */
  readonly ownershipTags: Readonly<Record<string, string>>;
  /** Absolute directory on the worker’s machine for artifacts of this node; made by whoever first needs it. */
  readonly localDir: string;
  /**
   * Present where the address of the API is known. Neither it nor its absence may replace or change a resource that is there
   * already: the address is a setting, and may be another one in the next run.
   */
  readonly events?: NodeEvents | undefined;
}

/** Values, tokens and attributes of resources, by the name under which the node’s record shows them. */
export type NodeOutputs = Readonly<Record<string, unknown>>;

/** Inputs that have passed their stack’s schema. */
export type ValidInputs = Readonly<Record<string, unknown>>;

export interface NodeStackDefinition<Schema extends z.ZodObject> {
  /** Lower-case words joined by `-`; the name in requests. */
  readonly name: string;
  /** What a request may say. Unknown fields are refused, unless the object has a catch-all of its own. */
  readonly inputs: Schema;
  /**
   * Nodes with one key may share a Terraform run, so the key must hold everything that `provider` reads. Without it, nodes
   * share a run only when there is no `provider` or their inputs are the same.
   */
  readonly batchKey?: (inputs: z.output<Schema>) => string;
  /** Adds the providers, directly below the stack. */
  readonly provider?: (stack: TerraformStack, inputs: z.output<Schema>) => void;
  /**
   * Adds the resources of one node, all of them below `scope`, and says its outputs. Strings of `inputs` are escaped for
   * Terraform’s templates: use them as values of attributes, never inside `Fn.*`, an expression or a decoder. The schema
   * should bound the length of a text that is joined to a token: the CDK splits it in quadratic time of its braces.
   * Tokens are made inside this function; one that is kept at module level is not known to the next synthesis.
   */
  readonly node: (scope: Construct, inputs: z.output<Schema>, node: NodeContext) => NodeOutputs;
  /** Outputs that Terraform marks as sensitive. */
  readonly sensitiveOutputs?: readonly string[];
  /**
   * How the cloud itself is asked what exists. Without it nothing is found that no Terraform state holds: what was made by a run
   * that was killed before Terraform wrote it down.
   */
  readonly inventory?: InventorySource<z.output<Schema>>;
  /**
   * Promises that a node with these inputs sends heartbeats, where `node.events` is there. Without a promise a node’s silence
   * counts from its first heartbeat on, and a node that never speaks stays CREATED.
   */
  readonly heartbeats?: (inputs: z.output<Schema>) => HeartbeatPromise | undefined;
  /** Its nodes run on the worker’s own machine, so that an API which listens for this machine alone is one for them. */
  readonly onThisMachine?: boolean;
}

/** A checked definition, its types erased: what the catalog holds and the synthesis reads. */
export interface NodeStack {
  readonly name: string;
  readonly inputs: z.ZodObject;
  readonly sensitiveOutputs: ReadonlySet<string>;
  readonly inventory?: InventorySource<ValidInputs>;
  batchKey(inputs: ValidInputs): string;
  provider(stack: TerraformStack, inputs: ValidInputs): void;
  node(scope: Construct, inputs: ValidInputs, node: NodeContext): NodeOutputs;
  heartbeats(inputs: ValidInputs): HeartbeatPromise | undefined;
  readonly onThisMachine: boolean;
}

/** Checks a definition. Throws CONFIG_INVALID with every problem of it. */
export function defineNodeStack<Schema extends z.ZodObject>(
  definition: NodeStackDefinition<Schema>,
): NodeStack {
  const problems = problemsOf(definition);
  if (problems.length > 0) {
    throw new NodeyardError('CONFIG_INVALID', `The stack is not well defined: ${problems.join('; ')}.`, {
      field: 'stacks',
    });
  }
  const { name, node, provider, batchKey, inventory, heartbeats } = definition;
  // The schema has checked what is given here, so the author’s types hold.
  const typed = (inputs: ValidInputs) => inputs as z.output<Schema>;
  const stack: NodeStack & { readonly [NODE_STACK]: true } = {
    [NODE_STACK]: true,
    name,
    inputs: refusingUnknown(definition.inputs),
    sensitiveOutputs: new Set(definition.sensitiveOutputs),
    batchKey(inputs) {
      if (batchKey !== undefined) return batchKey(typed(inputs));
      return provider === undefined ? '' : JSON.stringify(inputs);
    },
    provider: (scope, inputs) => provider?.(scope, typed(inputs)),
    node: (scope, inputs, context) => node(scope, typed(inputs), context),
    ...(inventory && {
      inventory: {
        place: (inputs) => inventory.place(typed(inputs)),
        always: inventory.always ?? [],
        open: (place, context, details) => inventory.open(place, context, details),
      },
    }),
    heartbeats: (inputs) => heartbeats?.(typed(inputs)),
    onThisMachine: definition.onThisMachine === true,
  };
  return Object.freeze(stack);
}

export const isNodeStack = (value: unknown): value is NodeStack =>
  typeof value === 'object' && value !== null && NODE_STACK in value;

function refusingUnknown(schema: z.ZodObject): z.ZodObject {
  return schema.def.catchall === undefined ? schema.strict() : schema;
}

/** Modules may be JavaScript, so the types alone promise nothing. */
function problemsOf(definition: NodeStackDefinition<z.ZodObject>): string[] {
  const problems: string[] = [];
  const { name, inputs, node, provider, batchKey, sensitiveOutputs, inventory, heartbeats } = definition;
  if (typeof name !== 'string' || name.length > 63 || !STACK_NAME.test(name)) {
    problems.push('`name` must be 1–63 lower-case letters and digits in words joined by "-"');
  }
  if (!isZodObject(inputs)) problems.push('`inputs` must be a zod object, z.object({ … })');
  if (typeof node !== 'function') problems.push('`node` must be a function');
  if (provider !== undefined && typeof provider !== 'function') {
    problems.push('`provider` must be a function');
  }
  if (batchKey !== undefined && typeof batchKey !== 'function') {
    problems.push('`batchKey` must be a function');
  }
  if (heartbeats !== undefined && typeof heartbeats !== 'function') {
    problems.push('`heartbeats` must be a function');
  }
  if (sensitiveOutputs !== undefined) {
    if (!Array.isArray(sensitiveOutputs) || !sensitiveOutputs.every(isOutputName)) {
      problems.push('`sensitiveOutputs` must be a list of output names');
    }
  }
  if (inventory !== undefined && !isInventorySource(inventory)) {
    problems.push('`inventory` must be { place: a function, open: a function, always?: a list of places }');
  }
  return problems;
}

function isInventorySource(source: unknown): boolean {
  if (typeof source !== 'object' || source === null) return false;
  const { place, open, always = [] } = source as Readonly<Record<string, unknown>>;
  const listed = Array.isArray(always) && always.every((each) => typeof each === 'string');
  return typeof place === 'function' && typeof open === 'function' && listed;
}

/** By its shape, not its class: a module may bring a zod of its own. */
const isZodObject = (schema: unknown): boolean =>
  (schema as { def?: { type?: unknown } } | undefined)?.def?.type === 'object';

/** Output names become parts of Terraform names and keys of records. */
export const isOutputName = (name: unknown): name is string =>
  typeof name === 'string' && OUTPUT_NAME.test(name);
