/** A Terraform state as the model’s Terraform holds it, and the file that it is written to. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export interface HeldResource {
  readonly address: string;
  readonly id: string;
  readonly tainted: boolean;
  readonly nodeId: string;
  readonly part: string;
  /** Addresses. */
  readonly on: readonly string[];
}

interface WrittenState {
  serial: number;
  lineage: string;
  resources: {
    type: string;
    name: string;
    instances: {
      status?: string;
      dependencies?: string[];
      attributes: { id: string; input: { value: { nodeId: string; part: string } } };
    }[];
  }[];
}

const PROVIDER = 'provider["terraform.io/builtin/terraform"]';
const INPUT_TYPE = ['object', { nodeId: 'string', part: 'string' }];

export class TerraformState {
  readonly resources = new Map<string, HeldResource>();
  #serial = 0;
  #lineage: string;
  #written = '';

  /** `lineage`: of a state that is made anew. */
  constructor(lineage: string) {
    this.#lineage = lineage;
  }

  static read(file: string, lineage: string): TerraformState {
    const state = new TerraformState(lineage);
    if (!existsSync(file)) return state;
    const written = JSON.parse(readFileSync(file, 'utf8')) as WrittenState;
    state.#serial = written.serial;
    state.#lineage = written.lineage;
    for (const { type, name, instances } of written.resources) {
      for (const { status, dependencies = [], attributes } of instances) {
        const { nodeId, part } = attributes.input.value;
        const address = `${type}.${name}`;
        const tainted = status === 'tainted';
        state.resources.set(address, { address, id: attributes.id, tainted, nodeId, part, on: dependencies });
      }
    }
    state.#written = state.#content();
    return state;
  }

  /** First half of a write: Terraform truncates the file. */
  tear(file: string): void {
    const text = this.#text();
    writeFileSync(file, text.slice(0, Math.floor(text.length / 2)));
  }

  /** A state that has changed gets a new serial; one that has not is written again, as it was. */
  write(file: string): void {
    if (this.#serial === 0 || this.#content() !== this.#written) this.#serial += 1;
    this.#written = this.#content();
    writeFileSync(file, this.#text());
  }

  #content(): string {
    return JSON.stringify([...this.resources.values()].sort((a, b) => (a.address < b.address ? -1 : 1)));
  }

  #text(): string {
    const resources = [...this.resources.values()].map(({ address, id, tainted, nodeId, part, on }) => {
      const [type = '', name = ''] = address.split('.');
      const input = { value: { nodeId, part }, type: INPUT_TYPE };
      const instance = {
        ...(tainted ? { status: 'tainted' } : {}),
        schema_version: 0,
        attributes: { id, input, output: input, triggers_replace: null },
        sensitive_attributes: [],
        ...(on.length === 0 ? {} : { dependencies: on }),
      };
      return { mode: 'managed', type, name, provider: PROVIDER, instances: [instance] };
    });
    const head = { version: 4, terraform_version: '1.11.4', serial: this.#serial, lineage: this.#lineage };
    return `${JSON.stringify({ ...head, outputs: {}, resources, check_results: null }, null, 2)}\n`;
  }
}
