/** Drives the provider’s procedures in the test’s own process, as Terraform would: plan, then apply. */
import type { ErrorCode } from '../../src/errors.js';
import { classify } from '../../src/terraform/diagnostics.js';
import { deriveSchemas } from './bindings/schemas.js';
import { Provider } from './provider/provider.js';
import { conform, type Values } from './provider/value.js';
import { type Diagnostic, type DynamicValue, received, sent } from './provider/wire.js';

export const SCHEMAS = deriveSchemas();

export interface Applied {
  readonly state: Values | null;
  /** Summaries of the errors. */
  readonly errors: readonly string[];
  /** What nodeyard would make of them. */
  readonly code: ErrorCode | undefined;
}

export class Crash extends Error {}

export class ProviderDriver {
  readonly #provider: Provider;

  constructor(env: Readonly<Record<string, string>>, stop = new AbortController()) {
    this.#provider = new Provider(SCHEMAS, {
      env,
      pid: process.pid,
      stop,
      crash() {
        throw new Crash('the provider is dead');
      },
    });
  }

  async configure(config: Values = { region: 'eu-central-1' }): Promise<Applied> {
    const answer = await this.#provider.Configure({ config: sent(conform(SCHEMAS.provider, config)) });
    return applied({ new_state: sent(null), ...answer }, 'create');
  }

  create(type: string, config: Values): Promise<Applied> {
    return this.#change(type, null, config);
  }

  update(type: string, prior: Values, config: Values): Promise<Applied> {
    return this.#change(type, prior, config);
  }

  /** Attributes whose change would make a new resource. */
  replacing(type: string, prior: Values, config: Values): string[] {
    return this.#plan(type, prior, config).requires_replace.map(({ steps }) =>
      steps.map((step) => step.attribute_name ?? step.element_key_int).join('.'),
    );
  }

  planned(type: string, prior: Values | null, config: Values): Values {
    return received(this.#plan(type, prior, config).planned_state) ?? {};
  }

  async destroy(type: string, state: Values): Promise<Applied> {
    const answer = await this.#provider.ApplyResourceChange({
      type_name: type,
      prior_state: sent(state),
      planned_state: sent(null),
      planned_private: Buffer.alloc(0),
    });
    return applied(answer, 'destroy');
  }

  async read(type: string, state: Values): Promise<Applied> {
    const request = { type_name: type, current_state: sent(state), private: Buffer.alloc(0) };
    return applied(await this.#provider.ReadResource(request), 'create');
  }

  async #change(type: string, prior: Values | null, config: Values): Promise<Applied> {
    const answer = await this.#provider.ApplyResourceChange({
      type_name: type,
      prior_state: sent(prior),
      planned_state: this.#plan(type, prior, config).planned_state,
      planned_private: Buffer.alloc(0),
    });
    return applied(answer, 'create');
  }

  #plan(type: string, prior: Values | null, config: Values): Planned {
    const schema = SCHEMAS.resources[type];
    if (schema === undefined) throw new Error(`no schema of ${type}`);
    return this.#provider.PlanResourceChange({
      type_name: type,
      prior_state: sent(prior),
      proposed_new_state: sent(null),
      config: sent(conform(schema, config)),
      prior_private: Buffer.alloc(0),
    }) as Planned;
  }
}

interface Planned {
  readonly planned_state: DynamicValue;
  readonly requires_replace: readonly {
    readonly steps: readonly { readonly attribute_name?: string; readonly element_key_int?: number }[];
  }[];
}

function applied(answer: object, operation: 'create' | 'destroy'): Applied {
  const { new_state, diagnostics = [] } = answer as { new_state: DynamicValue; diagnostics?: Diagnostic[] };
  const errors = diagnostics.map(({ summary }) => summary);
  return {
    state: received(new_state),
    errors,
    code: errors.length === 0 ? undefined : codeOf(errors, operation),
  };
}

function codeOf(errors: readonly string[], operation: 'create' | 'destroy'): ErrorCode {
  const diagnostics = errors.map((summary) => ({ severity: 'error' as const, summary, detail: '' }));
  return classify({
    operation,
    result: { exitCode: 1, killed: false, diagnostics, lastLines: [] },
  }).code;
}
