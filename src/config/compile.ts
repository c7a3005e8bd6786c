/** The last stage: settings become what the code works with: units in the names, paths absolute, nothing writable. */

import { compileCommands } from './commands.js';
import { compileApi } from './compile-api.js';
import { compileHeartbeat } from './heartbeat.js';
import { stateLimits } from './limits.js';
import type { Settings } from './schema.js';

/** Gives the absolute path for a relative one that the setting of this name holds. */
export type ResolvePath = (setting: string, path: string) => string;

export function compile(settings: Settings, absolute: ResolvePath) {
  const { terraform, lease, queue, retry, retention, reconcile, webhooks } = settings;
  return freeze({
    ...optional('redisUrl', settings.redisUrl?.replace(/^unix:\/\//, '')),
    dataDir: absolute('dataDir', settings.dataDir),
    fleet: {
      ...optional('id', settings.fleet.id),
      skipInventories: settings.fleet.skipInventories,
      ...optional('inventorySettleMs', settings.fleet.inventorySettle),
    },
    ...optional(
      'simulatedCloud',
      settings.simulatedCloud && absolute('simulatedCloud', settings.simulatedCloud),
    ),
    log: settings.log,
    worker: settings.worker,
    terraform: {
      ...optional('binary', terraform.binary && program(terraform.binary, absolute)),
      ...optional('providerMirror', terraform.providerMirror && mirror(terraform.providerMirror, absolute)),
      parallelism: terraform.parallelism,
      timeoutMs: terraform.timeout,
      graceMs: terraform.grace,
      maxLogBytes: terraform.maxLogBytes,
      passEnv: terraform.passEnv,
    },
    lease: { ttlMs: lease.ttl, renewMs: lease.renew, stopMarginMs: lease.stopMargin },
    queue: { lockMs: queue.lock, stalledMs: queue.stalled },
    retry: {
      createAttempts: retry.createAttempts,
      destroyAttempts: retry.destroyAttempts,
      backoffMs: retry.backoff,
      maxBackoffMs: retry.maxBackoff,
      throttledBackoffMs: retry.throttledBackoff,
    },
    retention: {
      tombstonesMs: retention.tombstones,
      historyEntries: retention.historyEntries,
      eventEntries: retention.eventEntries,
      stateVersions: retention.stateVersions,
      logsMs: retention.logs,
    },
    scaling: { intervalMs: settings.scaling.interval },
    reconcile: {
      intervalMs: reconcile.interval,
      inventoryIntervalMs: reconcile.inventoryInterval,
      destroyRetry: { firstMs: reconcile.destroyRetry, maxMs: reconcile.destroyRetryMax },
      orphans: reconcile.orphans,
      orphanAgeMs: reconcile.orphanAge,
      vanishedAfter: reconcile.vanishedAfter,
      ttlWarningMs: reconcile.ttlWarning,
      limitsMs: stateLimits(settings),
    },
    metrics: settings.metrics.listen === undefined ? {} : { listen: settings.metrics.listen },
    tracing: {
      ...optional('endpoint', settings.tracing.endpoint),
      sample: settings.tracing.sample,
      serviceName: settings.tracing.serviceName,
    },
    heartbeat: compileHeartbeat(settings.heartbeat),
    commands: compileCommands(settings.commands),
    api: compileApi(settings.api),
    webhooks: {
      deliver: webhooks.deliver,
      allowHttp: webhooks.allowHttp,
      allowPrivate: webhooks.allowPrivate,
      attempts: webhooks.attempts,
      backoff: { firstMs: webhooks.backoff, maxMs: webhooks.maxBackoff },
      timeoutMs: webhooks.timeout,
      concurrency: webhooks.concurrency,
      deadLetters: webhooks.deadLetters,
      leaseMs: webhooks.lease,
    },
    stateKeys: settings.stateKeys,
    stacks: settings.stacks.map((module) =>
      /^(\.{0,2}\/|.*\.[cm]?js$)/.test(module) ? absolute('stacks', module) : module,
    ),
  });
}

/** A bare name is looked for on the PATH; anything with a slash is a path. */
const program = (binary: string, absolute: ResolvePath): string =>
  binary.includes('/') ? absolute('terraform.binary', binary) : binary;

const mirror = (place: string, absolute: ResolvePath): string =>
  place.startsWith('https://') ? place : absolute('terraform.providerMirror', place);

const optional = <Key extends string, Value>(key: Key, value: Value | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

function freeze<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value) as Frozen<T>;
}
