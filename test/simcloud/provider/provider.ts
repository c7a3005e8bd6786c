/** The provider’s side of the plugin protocol: one method for each procedure. */
import type { BlockSchema, ProviderSchemas } from '../schema.js';
import { applyChange } from './apply.js';
import { type Configured, configureProvider, type ProcessContext } from './configure.js';
import { conflicts, planChange } from './plan.js';
import { PLAN_RULES } from './plan-rules.js';
import { readResource } from './read.js';
import { LOOKUPS, RESOURCE_TYPES } from './resources/index.js';
import type { Lookup, ResourceType } from './resources/resource.js';
import { conform, type Values } from './value.js';
import {
  attributePath,
  type Diagnostic,
  type DynamicValue,
  errorDiagnostic,
  received,
  schemaResponse,
  sent,
} from './wire.js';

interface Typed {
  readonly type_name: string;
}
type Message<T extends string> = Readonly<Record<T, DynamicValue | null>>;

export class Provider {
  readonly #schemas: ProviderSchemas;
  readonly #context: ProcessContext;
  #configured: Configured | undefined;

  constructor(schemas: ProviderSchemas, context: ProcessContext) {
    this.#schemas = schemas;
    this.#context = context;
  }

  GetSchema(): object {
    return schemaResponse(this.#schemas);
  }

  PrepareProviderConfig({ config }: Message<'config'>): object {
    return { prepared_config: config };
  }

  async Configure({ config }: Message<'config'>): Promise<object> {
    try {
      this.#configured = await configureProvider(this.#context, received(config) ?? {});
      return {};
    } catch (error) {
      return { diagnostics: [failure(error)] };
    }
  }

  ValidateResourceTypeConfig({ type_name, config }: Typed & Message<'config'>): object {
    const values = received(config) ?? {};
    const wrong = conflicts(PLAN_RULES[type_name] ?? {}, values);
    return {
      diagnostics: wrong.map((problem) => errorDiagnostic('Conflicting configuration arguments', problem)),
    };
  }

  ValidateDataSourceConfig(): object {
    return {};
  }

  /** There is one version of every schema; what a state has besides is left out. */
  UpgradeResourceState({
    type_name,
    raw_state,
  }: Typed & { readonly raw_state: { readonly json: Buffer } }): object {
    const state = JSON.parse(raw_state.json.toString('utf8')) as Values;
    return { upgraded_state: sent(conform(this.#schema(type_name), state)) };
  }

  async ReadResource(
    request: Typed & Message<'current_state'> & { readonly private: Buffer },
  ): Promise<object> {
    const state = received(request.current_state) ?? {};
    try {
      const { type, schema } = this.#resource(request.type_name);
      const found = await readResource(type, schema, this.#ready(), state);
      return { new_state: sent(found ?? null), private: request.private };
    } catch (error) {
      return { new_state: request.current_state, private: request.private, diagnostics: [failure(error)] };
    }
  }

  PlanResourceChange(
    request: Typed &
      Message<'prior_state' | 'proposed_new_state' | 'config'> & { readonly prior_private: Buffer },
  ): object {
    const config = received(request.config);
    // A destroy; there is nothing to be said against it.
    if (config === null) return { planned_state: request.proposed_new_state, legacy_type_system: true };
    const { region, defaultTags } = this.#ready();
    const rules = PLAN_RULES[request.type_name] ?? {};
    const { planned, requiresReplace } = planChange(
      this.#schema(request.type_name),
      { rules, region, defaultTags },
      received(request.prior_state),
      config,
    );
    return {
      planned_state: sent(planned),
      requires_replace: requiresReplace.map(attributePath),
      planned_private: request.prior_private,
      legacy_type_system: true,
    };
  }

  async ApplyResourceChange(
    request: Typed & Message<'prior_state' | 'planned_state'> & { readonly planned_private: Buffer },
  ): Promise<object> {
    const prior = received(request.prior_state);
    const planned = received(request.planned_state);
    const { type, schema } = this.#resource(request.type_name);
    const { state, error } = await applyChange(type, schema, this.#ready(), { prior, planned });
    return {
      new_state: sent(state),
      private: request.planned_private,
      legacy_type_system: true,
      diagnostics: error === undefined ? [] : [failure(error)],
    };
  }

  ImportResourceState({ type_name, id }: Typed & { readonly id: string }): object {
    const { region } = this.#ready();
    const state = sent(conform(this.#schema(type_name), { id, region }));
    return { imported_resources: [{ type_name, state, private: Buffer.alloc(0) }] };
  }

  async ReadDataSource({ type_name, config }: Typed & Message<'config'>): Promise<object> {
    const values = received(config) ?? {};
    try {
      const { lookup, schema } = this.#dataSource(type_name);
      const { region, ec2 } = this.#ready();
      const found: Values = {
        ...values,
        region: values['region'] ?? region,
        ...(await lookup(ec2(values), values)),
      };
      return { state: sent(conform(schema, found)) };
    } catch (error) {
      return { diagnostics: [failure(error)] };
    }
  }

  Stop(): object {
    this.#context.stop.abort();
    return {};
  }

  #ready(): Configured {
    if (this.#configured === undefined) throw new Error('the provider is not configured');
    return this.#configured;
  }

  #schema(type: string): BlockSchema {
    const schema = this.#schemas.resources[type];
    if (schema === undefined) throw new Error(`no such resource type: ${type}`);
    return schema;
  }

  #resource(name: string): { readonly type: ResourceType; readonly schema: BlockSchema } {
    const type = RESOURCE_TYPES[name];
    if (type === undefined) throw new Error(`${name} is not simulated`);
    return { type, schema: this.#schema(name) };
  }

  #dataSource(name: string): { readonly lookup: Lookup; readonly schema: BlockSchema } {
    const lookup = LOOKUPS[name];
    const schema = this.#schemas.dataSources[name];
    if (lookup === undefined || schema === undefined) throw new Error(`${name} is not simulated`);
    return { lookup, schema };
  }
}

const failure = (error: unknown): Diagnostic =>
  errorDiagnostic(error instanceof Error ? error.message : String(error));
