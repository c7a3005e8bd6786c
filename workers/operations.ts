/** Puts together what the operations of a worker are made of, from an app and what is on this machine. */
import type { App } from '../src/app.js';
import { accessTo } from '../src/auth/node-access.js';
import { searchPath } from '../src/config.js';
import { AccountBrake } from '../src/operations/brake.js';
import type { OperationDependencies } from '../src/operations/dependencies.js';
import { Recovery } from '../src/operations/recover.js';
import { findTerraform } from '../src/terraform/binary.js';
import { createBundles } from '../src/terraform/bundle.js';
import { DEFAULT_PASS_ENV } from '../src/terraform/env.js';
import { loadCatalog } from '../stacks/catalog.js';

/**
 * `api` is the address under which this machine reaches the API. Throws TERRAFORM_MISSING, CONFIG_INVALID (a stack’s module).
 */
export async function composeOperations(app: App, api?: string): Promise<OperationDependencies> {
  const { config, directories, heartbeats, log, nodeTokens, quarantine, redact, states, store } = app;
  const path = searchPath(config, app.env);
  const env = { ...app.env, PATH: path };
  const passEnv = [...DEFAULT_PASS_ENV, ...config.terraform.passEnv];
  const { binary: setting, providerMirror } = config.terraform;
  const terraform = await findTerraform({ setting, searchPath: path, env: app.env });
  return {
    store,
    heartbeats,
    eventsOf: accessTo({ everywhere: config.api.publicUrl, here: api }, nodeTokens),
    states,
    quarantine,
    catalog: await loadCatalog(config.stacks),
    terraform,
    recovery: recoveryOf(app),
    brake: new AccountBrake(config.worker.creates + config.worker.destroys),
    bundles: createBundles({
      root: directories.bundles,
      binary: terraform,
      env,
      passEnv,
      mirror: providerMirror === undefined ? undefined : { from: providerMirror },
      redact,
      log,
    }),
    settings: {
      lease: config.lease,
      retry: config.retry,
      heartbeat: config.heartbeat,
      terraform: { ...config.terraform, passEnv },
    },
    directories,
    env,
    redact,
    log,
    monotonic: () => performance.now(),
    random: Math.random,
  };
}

const recoveryOf = ({ config, directories, log, quarantine, queues, redact, states, store }: App): Recovery =>
  new Recovery({
    store,
    states,
    quarantine,
    directories,
    redact,
    graceMs: config.terraform.graceMs,
    silentMs: config.lease.ttlMs,
    onRecovered: async ({ job }) => {
      if (job !== undefined) await queues.giveBack(job.queue, job.id, job.token);
    },
    log,
    now: Date.now,
  });
