/**
 * Shows a stack to a person: the entry of `cdktf.json`, for `cdktf synth`, or `node dist/stacks/main.js`.
 *
 *   NODEYARD_STACK   name of the stack; `local-node` when absent
 *   NODEYARD_INPUTS  JSON file with the inputs; `{}` when absent
 *   NODEYARD_STACKS  modules with stacks of your own, absolute paths or packages, separated by commas
 *
 * It writes `stacks/<stack>/cdk.tf.json` and `manifest.json` where the CDK’s tools expect them (CDKTF_OUTDIR, else
 * `cdktf.out`): what a worker would apply for a node called `example` of a fleet called `example-fleet`, and the CDK’s metadata,
 * without which its tools fail. Nothing is created.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { NodeyardError } from '../src/errors.js';
import { synthesize } from '../src/synth/synthesize.js';
import { loadCatalog } from './catalog.js';

const env = process.env;

try {
  const modules = (env['NODEYARD_STACKS'] ?? '').split(',').filter((name) => name !== '');
  const stack = (await loadCatalog(modules)).get(env['NODEYARD_STACK'] ?? 'local-node');
  const { configuration } = synthesize(stack, [
    {
      // A worker puts the id of its fleet here.
      fleet: 'example-fleet',
      nodeId: 'example',
      group: 'example',
      role: 'example',
      tags: {},
      inputs: env['NODEYARD_INPUTS'] === undefined ? {} : readInputs(env['NODEYARD_INPUTS']),
      localDir: resolve('.nodeyard', 'nodes', 'example'),
      // Shown as if the API had an address; the token is none.
      events: { url: 'https://nodeyard.example/v1/nodes/example', token: 'nyn_example_TOKEN' },
    },
  ]);
  writeForTools(stack.name, configuration);
} catch (error) {
  if (!(error instanceof NodeyardError)) throw error;
  process.stderr.write(`${error.message}\n${error.mend}\n`);
  process.exitCode = 1;
}

function readInputs(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new NodeyardError('CONFIG_INVALID', `NODEYARD_INPUTS: ${path} cannot be read as JSON.`, {
      cause,
      field: 'NODEYARD_INPUTS',
    });
  }
}

/** The CDK writes its manifest for an empty stack of that name, whose metadata goes before our own configuration. */
function writeForTools(name: string, configuration: string): void {
  const outdir = resolve(env['CDKTF_OUTDIR'] ?? 'cdktf.out');
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir, skipValidation: true });
  const empty = new TerraformStack(app, name);
  const manifest = app.manifest.forStack(empty);
  const path = resolve(outdir, manifest.synthesizedStackPath);
  mkdirSync(dirname(path), { recursive: true });
  const { '//': metadata } = empty.toTerraform() as Record<string, unknown>;
  const document = {
    '//': metadata,
    terraform: {},
    ...(JSON.parse(configuration) as Record<string, unknown>),
  };
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
  app.manifest.writeToFile();
  process.stdout.write(`${path}\n`);
}
