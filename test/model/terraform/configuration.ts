/** What the model’s Terraform reads of a `cdk.tf.json`. */
import { readFileSync } from 'node:fs';

export interface ConfiguredResource {
  readonly address: string;
  readonly nodeId: string;
  readonly part: string;
  /** Addresses. */
  readonly on: readonly string[];
}

export interface Configuration {
  readonly resources: ReadonlyMap<string, ConfiguredResource>;
  /** Name to the address whose id it tells. */
  readonly outputs: ReadonlyMap<string, string>;
}

interface Written {
  resource?: {
    terraform_data?: Record<string, { input: { nodeId: string; part: string }; depends_on?: string[] }>;
  };
  output?: Record<string, { value: string }>;
}

export function readConfiguration(file: string): Configuration {
  const { resource, output = {} } = JSON.parse(readFileSync(file, 'utf8')) as Written;
  const resources = Object.entries(resource?.terraform_data ?? {}).map(
    ([name, { input, depends_on: on = [] }]): [string, ConfiguredResource] => {
      const address = `terraform_data.${name}`;
      return [address, { address, nodeId: input.nodeId, part: input.part, on }];
    },
  );
  const outputs = Object.entries(output).map(([name, { value }]): [string, string] => [
    name,
    /^\$\{(.+)\.id\}$/.exec(value)?.[1] ?? '',
  ]);
  return { resources: new Map(resources), outputs: new Map(outputs) };
}
