/**
 * `local-node`: a node is a detached process on the worker’s own machine, with a health endpoint on 127.0.0.1. It needs no
 * account and no provider, so it is what the embedded default and the demonstration create.
 *
 * Three resources, because Terraform never runs destroy-time provisioners of a tainted resource, and a create-time
 * provisioner that fails or is killed taints its own:
 * - `claim` has only the destroy-time provisioner. Its id is the token by which the process is known and ended.
 * - `process` starts the process with that token. Tainted or not, the claim’s provisioner ends what it started.
 * - `facts` reads what the process wrote about itself, once.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineNodeStack, TerraformData, z } from './define.js';

/** A constant: the scripts need no command, and whatever stands here reaches no shell. */
const COMMAND = 'run';

const script = (name: string): string => fileURLToPath(new URL(`./local-node/${name}`, import.meta.url));

const inputs = z.strictObject({
  port: z
    .int('must be a whole number')
    .min(0, 'must be 0–65535')
    .max(65_535, 'must be 0–65535')
    .default(0)
    .describe('Port of the health endpoint; 0 = any free one.'),
  bootDelayMs: z
    .int('must be a whole number')
    .min(0, 'must be 0–600000 milliseconds')
    .max(600_000, 'must be 0–600000 milliseconds')
    .default(0)
    .describe('Milliseconds until the node is healthy, as a machine takes time to boot; the create waits.'),
  message: z
    .string()
    .max(1000, 'must be at most 1000 characters')
    .regex(/^\P{Cc}*$/u, 'must not have control characters')
    .default('')
    .describe('Given back by the health endpoint.'),
});

/** Another machine, or another data directory on this one, is another place, and only its own worker can see it. */
const THIS_PLACE = 'this-data-directory';

export const localNode = defineNodeStack({
  name: 'local-node',
  inputs,
  inventory: {
    place: () => THIS_PLACE,
    always: [THIS_PLACE],
    async open(_place, { nodes, dataDir }) {
      const { openLocalInventory } = await import('./local-node/inventory.js');
      return openLocalInventory({ nodes, idFile: join(dataDir, 'inventory-id') });
    },
  },
  heartbeats: () => ({}),
  onThisMachine: true,
  node(scope, { port, bootDelayMs, message }, node) {
    const claim = new TerraformData(scope, 'claim', {
      input: { directory: node.localDir },
      // A data directory that moved must not make Terraform forget where the process keeps its files.
      ignoreChanges: ['input'],
    });
    claim.addLocalExec({
      when: 'destroy',
      interpreter: [process.execPath, script('end.mjs')],
      command: COMMAND,
      environment: {
        NODEYARD_LOCAL_TOKEN: '${self.id}',
        NODEYARD_LOCAL_DIR: '${self.output.directory}',
      },
    });

    const started = new TerraformData(scope, 'process', { triggersReplace: claim.id, dependsOn: [claim] });
    started.addLocalExec({
      // The token as an argument, so that a starter that outlives its Terraform is found as well.
      interpreter: [process.execPath, script('start.mjs'), `--nodeyard-token=${claim.id}`],
      command: COMMAND,
      environment: {
        NODEYARD_LOCAL_TOKEN: claim.id,
        NODEYARD_LOCAL_DIR: `\${${address(claim)}.output.directory}`,
        NODEYARD_LOCAL_START: '${self.id}',
        NODEYARD_LOCAL_NODE_ID: node.id,
        NODEYARD_LOCAL_PORT: String(port),
        NODEYARD_LOCAL_BOOT_DELAY_MS: String(bootDelayMs),
        NODEYARD_LOCAL_MESSAGE: message,
        // In the environment, which other users cannot read. No attribute holds it: another address changes no resource.
        ...(node.events && {
          NODEYARD_LOCAL_EVENTS_URL: node.events.url,
          NODEYARD_LOCAL_EVENTS_TOKEN: node.events.token,
        }),
      },
    });

    // The id of `process` is unknown until it is (re)created: so the file is never read before it has been written.
    const path = `"\${${address(claim)}.output.directory}/\${${address(claim)}.id}.\${${address(started)}.id}.json"`;
    const facts = new TerraformData(scope, 'facts', {
      input: `\${try(jsondecode(file(${path})), {})}`,
      triggersReplace: started.id,
      ignoreChanges: ['input'],
      dependsOn: [started],
    });
    const fact = (name: string): string => `\${try(${address(facts)}.output.${name}, null)}`;
    return { address: fact('address'), port: fact('port'), pid: fact('pid') };
  },
});

const address = (resource: TerraformData): string =>
  `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
