/** Puts together what the operations of a worker are made of, from an app and what is on this machine. */
import { randomUUID } from 'node:crypto';
import type { App } from '../src/app.js';
import { accessTo } from '../src/auth/node-access.js';
import { searchPath } from '../src/config.js';
import { openInventories } from '../src/fleet/open-inventories.js';
import { AccountBrake } from '../src/operations/brake.js';
import type { OperationDependencies } from '../src/operations/dependencies.js';
import { thisMachine } from '../src/operations/machine.js';
import { Recovery } from '../src/operations/recover.js';
import { realTimers } from '../src/operations/timers.js';
import { findTerraform } from '../src/terraform/binary.js';
import { createBundles } from '../src/terraform/bundle.js';
import { DEFAULT_PASS_ENV } from '../src/terraform/env.js';
import { loadCatalog } from '../stacks/catalog.js';
import { rehearsedCatalog } from '../stacks/rehearsed.js';

/**
 * All but who listens. `api` is the address under which this machine reaches the API. Throws TERRAFORM_MISSING, CONFIG_INVALID (a
 * stack’s module).
 */
export async function composeOperations(
  app: App,
  api?: string,
): Promise<Omit<OperationDependencies, 'listener'>> {
  const {
    config,
    directories,
    heartbeats,
    log,
    nodeTokens,
    quarantine,
    redact,
    rehearsal,
    states,
    store,
    tracing,
  } = app;
  const path = searchPath(config, app.env);
  const env = { ...app.env, PATH: path };
  const passEnv = [...DEFAULT_PASS_ENV, ...config.terraform.passEnv, ...Object.keys(rehearsal?.env ?? {})];
  const { binary: setting } = config.terraform;
  const mirror = rehearsal?.providerMirror ?? config.terraform.providerMirror;
  const loaded = await loadCatalog(config.stacks);
  const catalog = rehearsal === undefined ? loaded : rehearsedCatalog(loaded, rehearsal);
  const terraform = await findTerraform({ setting, searchPath: path, env: app.env });
  return {
    store,
    heartbeats,
    eventsOf: accessTo({ everywhere: config.api.publicUrl, here: api }, nodeTokens),
    states,
    quarantine,
    catalog,
    inventories: openInventories(app, catalog),
    terraform,
    machine: thisMachine,
    recovery: recoveryOf(app),
    brake: new AccountBrake(config.worker.creates + config.worker.destroys),
    bundles: createBundles({
      root: directories.bundles,
      binary: terraform,
      env,
      passEnv,
      mirror: mirror === undefined ? undefined : { from: mirror },
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
    tracing,
    monotonic: () => performance.now(),
    timers: realTimers,
    random: Math.random,
    newId: randomUUID,
  };
}

const recoveryOf = ({ config, directories, log, quarantine, queues, redact, states, store }: App): Recovery =>
  new Recovery({
    store,
    states,
    quarantine,
    machine: thisMachine,
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
