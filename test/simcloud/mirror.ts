/**
 * A filesystem mirror that has the simulated provider under the address of the real one, as `terraform init` takes it:
 *
 *   <directory>/registry.terraform.io/hashicorp/aws/<version>/<os>_<arch>/terraform-provider-aws_v<version>_x5
 *   <directory>/registry.opentofu.org/…      the same, for OpenTofu
 *   <directory>/provider/                     what the stubs load: the bundled code, the schemas, the protocol
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { deriveSchemas } from './bindings/schemas.js';

const REGISTRIES = ['registry.terraform.io', 'registry.opentofu.org'];
const PROTOCOLS = ['tfplugin5.proto', 'go-plugin.proto'];

const source = (name: string): string => fileURLToPath(new URL(`./provider/${name}`, import.meta.url));

/** `directory` must be absolute. What an earlier call made there is replaced; states and lock files stay good. */
export async function createMirror(directory: string): Promise<void> {
  const home = join(directory, 'provider');
  mkdirSync(home, { recursive: true });
  const schemas = deriveSchemas();
  writeFileSync(join(home, 'schemas.json'), JSON.stringify(schemas));
  for (const name of PROTOCOLS) copyFileSync(source(name), join(home, name));
  const file = join(home, 'provider.cjs');
  await build({
    entryPoints: [source('main.ts')],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  });
  const stub = `#!/usr/bin/env node\nrequire(${JSON.stringify(file)}).serve(${JSON.stringify(home)});\n`;
  for (const registry of REGISTRIES) {
    const place = join(directory, registry, 'hashicorp', 'aws', schemas.version, platform());
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `terraform-provider-aws_v${schemas.version}_x5`), stub, { mode: 0o755 });
  }
}

/** As Go names it. */
function platform(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return `${process.platform === 'win32' ? 'windows' : process.platform}_${arch}`;
}
