/** State documents for tests: built as text, so that a test sees every character that it puts in. */
export interface DocumentResource {
  readonly module?: string;
  readonly mode?: 'managed' | 'data';
  readonly type?: string;
  readonly name: string;
  readonly provider?: string;
  readonly instances?: readonly DocumentInstance[];
}

export interface DocumentInstance {
  readonly index_key?: string | number;
  readonly status?: string;
  readonly deposed?: string;
  /** JSON text. */
  readonly attributes?: string;
}

const BUILTIN = 'provider["terraform.io/builtin/terraform"]';

export function stateText(
  resources: readonly DocumentResource[] = [],
  { serial = 1, lineage = 'test' }: { readonly serial?: number; readonly lineage?: string } = {},
): string {
  const parts = resources.map(({ instances = [{}], ...resource }) => {
    const head = { mode: 'managed', type: 'terraform_data', provider: BUILTIN, ...resource };
    const body = instances.map(({ attributes = `{"id": "${resource.name}"}`, ...instance }) => {
      const fields = JSON.stringify({ ...instance, schema_version: 0 }).slice(0, -1);
      return `${fields}, "attributes": ${attributes}}`;
    });
    return `${JSON.stringify(head).slice(0, -1)}, "instances": [${body.join(', ')}]}`;
  });
  return `{"version": 4, "terraform_version": "1.11.4", "serial": ${serial}, "lineage": ${JSON.stringify(lineage)},
 "outputs": {}, "resources": [${parts.join(',\n ')}], "check_results": null}\n`;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? '(none)' : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

export const stateWith = (...names: readonly string[]): Uint8Array =>
  bytesOf(stateText(names.map((name) => ({ name }))));
