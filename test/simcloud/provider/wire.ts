/** The messages of tfplugin5.proto as the gRPC library gives and takes them. */
import type { BlockSchema, NestedBlockSchema, ProviderSchemas } from '../schema.js';
import type { Path } from './plan.js';
import { fromWire, toWire, type Value, type Values } from './value.js';

export interface DynamicValue {
  readonly msgpack: Uint8Array;
}

export interface Diagnostic {
  readonly severity: number;
  readonly summary: string;
  readonly detail: string;
  readonly attribute?: object;
}

const ERROR = 1;
const NESTING = { single: 1, list: 2, set: 3 } as const;

export const errorDiagnostic = (summary: string, detail = '', attribute?: string): Diagnostic => ({
  severity: ERROR,
  summary,
  detail,
  ...(attribute === undefined ? {} : { attribute: attributePath([attribute]) }),
});

export const attributePath = (path: Path): object => ({
  steps: path.map((step) =>
    typeof step === 'number' ? { element_key_int: step } : { attribute_name: step },
  ),
});

export const received = (value: DynamicValue | null): Values | null =>
  value === null ? null : fromWire(value.msgpack);

export const sent = (value: Value): DynamicValue => ({ msgpack: toWire(value) });

export function schemaResponse(schemas: ProviderSchemas): object {
  const all = (blocks: Readonly<Record<string, BlockSchema>>): object =>
    Object.fromEntries(Object.entries(blocks).map(([name, block]) => [name, schemaOf(block)]));
  return {
    provider: schemaOf(schemas.provider),
    resource_schemas: all(schemas.resources),
    data_source_schemas: all(schemas.dataSources),
    server_capabilities: { get_provider_schema_optional: true },
  };
}

const schemaOf = (block: BlockSchema): object => ({ version: 0, block: blockOf(block) });

function blockOf({ attributes, blocks }: BlockSchema): object {
  return {
    version: 0,
    attributes: Object.entries(attributes).map(([name, { type, ...rest }]) => ({
      name,
      type: Buffer.from(JSON.stringify(type)),
      ...rest,
    })),
    block_types: Object.entries(blocks).map(nestedOf),
  };
}

const nestedOf = ([name, { nesting, maxItems, block }]: [string, NestedBlockSchema]): object => ({
  type_name: name,
  nesting: NESTING[nesting],
  block: blockOf(block),
  min_items: 0,
  max_items: maxItems,
});
