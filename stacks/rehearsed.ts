/**
 * The stacks of a rehearsal: as they are, but for what its simulated providers do not have. Terraform would only say that
 * there is no such type; who rehearses wants to know what there is instead.
 */
import { TerraformDataSource, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import { NodeyardError } from '../src/errors.js';
import type { StackCatalog } from './catalog.js';
import type { NodeStack } from './define.js';

export interface SimulatedTypes {
  /** `aws_instance` … */
  readonly resources: readonly string[];
  readonly dataSources: readonly string[];
}

/** The same catalog. Its stacks throw CONFIGURATION while they are synthesized, naming every type that is not simulated. */
export function rehearsedCatalog(catalog: StackCatalog, simulated: SimulatedTypes): StackCatalog {
  return { ...catalog, get: (name) => rehearsed(catalog.get(name), simulated) };
}

function rehearsed(stack: NodeStack, simulated: SimulatedTypes): NodeStack {
  return Object.freeze({
    ...stack,
    node(scope, inputs, context) {
      const outputs = stack.node(scope, inputs, context);
      refuseOthers(stack.name, scope, simulated);
      return outputs;
    },
  } satisfies NodeStack);
}

/** In Terraform itself. */
const BUILT_IN = { resources: ['terraform_data'], dataSources: ['terraform_remote_state'] };

function refuseOthers(stack: string, scope: Construct, { resources, dataSources }: SimulatedTypes): void {
  const missing = new Set<string>();
  for (const construct of scope.node.findAll()) {
    if (TerraformResource.isTerraformResource(construct)) {
      const type = construct.terraformResourceType;
      if (![...resources, ...BUILT_IN.resources].includes(type)) missing.add(type);
    } else if (TerraformDataSource.isTerraformDataSource(construct)) {
      const type = construct.terraformResourceType;
      if (![...dataSources, ...BUILT_IN.dataSources].includes(type)) missing.add(`data.${type}`);
    }
  }
  if (missing.size === 0) return;
  const known = [...resources, ...dataSources.map((type) => `data.${type}`)].sort();
  throw new NodeyardError(
    'CONFIGURATION',
    `The simulated cloud has no ${[...missing].sort().join(' and no ')}, which stack "${stack}" uses. It has ${known.join(', ')}.`,
    { field: 'stack' },
  );
}
