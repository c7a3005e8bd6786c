/** From a node’s record to what Terraform reads, and back from Terraform’s outputs to the record’s. */
import { join } from 'node:path';
import type { HeartbeatPromise } from '../../stacks/define.js';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import type { NodeRecord } from '../node/record.js';
import { parseInputs } from '../synth/inputs.js';
import { type RequiredProvider, synthesize } from '../synth/synthesize.js';
import type { RunResult } from '../terraform/start.js';
import type { OperationDependencies } from './dependencies.js';

export interface SynthesizedNode {
  /** Text of cdk.tf.json. */
  readonly configuration: string;
  readonly providers: Readonly<Record<string, RequiredProvider>>;
  /** What the stack promises of the node; undefined where it cannot or does not have to speak. */
  readonly heartbeats: HeartbeatPromise | undefined;
  /** Terraform’s outputs under the names that the stack gave them; a sensitive one stays in the state alone. */
  readOutputs(outputs: RunResult['outputs']): Readonly<Record<string, unknown>>;
}

type Synthesis = Pick<OperationDependencies, 'store' | 'catalog' | 'directories' | 'eventsOf'>;

/** Throws UNKNOWN_STACK, INVALID_INPUT, CONFIGURATION, REDIS_UNAVAILABLE. */
export async function synthesizeNode(
  { store, catalog, directories, eventsOf }: Synthesis,
  node: NodeRecord,
): Promise<SynthesizedNode> {
  const { id: nodeId, group, role, tags, inputs } = node;
  const localDir = join(directories.nodes, nodeId);
  const fleet = await store.fleetId();
  const stack = catalog.get(node.stack);
  const events = await eventsOf(node, stack);
  const { configuration, providers, outputNames, heartbeats } = synthesize(stack, [
    { fleet, nodeId, group, role, tags, inputs, localDir, events },
  ]);
  const names = outputNames.get(nodeId) ?? {};
  return {
    configuration,
    providers,
    heartbeats: heartbeats.get(nodeId),
    readOutputs: (outputs) =>
      Object.fromEntries(
        Object.entries(names).flatMap(([terraformName, name]) => {
          const output = outputs[terraformName];
          return output === undefined || output.sensitive ? [] : [[name, output.value]];
        }),
      ),
  };
}

/** The account that a node’s runs call: nodes of one stack and batch key share their providers’ credentials. */
export function accountOf({ catalog }: Pick<OperationDependencies, 'catalog'>, node: NodeRecord): string {
  try {
    const stack = catalog.get(node.stack);
    return `${stack.name} ${stack.batchKey(parseInputs(stack, node.inputs))}`;
  } catch {
    // What cannot be synthesized calls nobody; a destroy by the stored configuration is told apart by its stack alone.
    return node.stack;
  }
}

/**
 * The same for a destroy, which must not fail because a stack was changed or removed since: then the configuration that
 * the node was made by serves. Throws what `synthesizeNode` throws when there is none.
 */
export async function synthesizeForDestroy(
  dependencies: Synthesis & Pick<OperationDependencies, 'states'>,
  node: NodeRecord,
  log: Log,
): Promise<Pick<SynthesizedNode, 'configuration' | 'providers'>> {
  try {
    return await synthesizeNode(dependencies, node);
  } catch (error) {
    const configuration = await dependencies.states.loadConfiguration(node.id);
    if (configuration === undefined || !(error instanceof NodeyardError)) throw error;
    log.warn({ code: error.code, message: error.message }, 'destroying by the stored configuration');
    return storedConfiguration(configuration);
  }
}

/** A configuration as it was kept, with the providers that it names. */
export const storedConfiguration = (
  configuration: string,
): Pick<SynthesizedNode, 'configuration' | 'providers'> => ({
  configuration,
  providers: requiredProvidersOf(configuration),
});

function requiredProvidersOf(configuration: string): Readonly<Record<string, RequiredProvider>> {
  const parsed = JSON.parse(configuration) as {
    terraform?: { required_providers?: Record<string, RequiredProvider> };
  };
  return parsed.terraform?.required_providers ?? {};
}
