/** A provider’s schemas, in the words of Terraform’s plugin protocol. Plain data: they are stored as JSON. */

/** A type as cty writes it in JSON: `"string"`, `["list", "string"]`, `["object", { "a": "number" }]`. */
export type CtyType =
  | 'string'
  | 'number'
  | 'bool'
  | readonly ['list' | 'set' | 'map', CtyType]
  | readonly ['object', Readonly<Record<string, CtyType>>];

export interface AttributeSchema {
  readonly type: CtyType;
  readonly required: boolean;
  readonly optional: boolean;
  readonly computed: boolean;
}

export interface NestedBlockSchema {
  readonly nesting: 'single' | 'list' | 'set';
  /** 0 = any number. */
  readonly maxItems: 0 | 1;
  readonly block: BlockSchema;
}

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly blocks: Readonly<Record<string, NestedBlockSchema>>;
}

export interface ProviderSchemas {
  readonly version: string;
  readonly provider: BlockSchema;
  /** By type: `aws_instance`. */
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly dataSources: Readonly<Record<string, BlockSchema>>;
}
