/**
 * Every setting, once: its name, form, bounds, default and meaning. The variables (variables.ts), the messages, the
 * compiled configuration and docs/configuration.md derive from it.
 */
import { z } from 'zod';
import { api } from './api.js';
import { commands } from './commands.js';
import { heartbeat } from './heartbeat.js';
import { listenAddress } from './listen.js';
import { reconcile, reconcileProblems } from './reconcile.js';
import { scaling } from './scaling.js';
import { about, section } from './section.js';
import { tracing } from './tracing.js';
import { count, duration, formatDuration, LONGEST_TIMER, size, text, words } from './units.js';
import { webhooks } from './webhooks.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const timer = duration({ min: '1ms', max: LONGEST_TIMER });
const age = duration({ min: '1m', max: '3650d' });

const log = section({
  level: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .prefault('info')
    .meta(about('How much is logged.')),
});

const terraform = section({
  binary: text(/./, 'must be a path or the name of a program')
    .optional()
    .meta(
      about(
        'The Terraform or OpenTofu to run: a path, or a name on the PATH. Without it `terraform`, then `tofu`.',
      ),
    ),
  providerMirror: text(
    /^(https:\/\/|(?![a-z][a-z0-9+.-]*:\/\/))./i,
    'must be a directory or an https:// address',
  )
    .optional()
    .meta(
      about(
        'Where provider plugins come from instead of their registry: a directory (works offline) or a URL.',
      ),
    ),
  parallelism: count({ min: 1, max: 256 })
    .prefault(10)
    .meta(about('Resources that one Terraform run works on at once.')),
  timeout: timer.prefault('30m').meta(about('The longest that one Terraform run may take.')),
  grace: timer
    .prefault('5m')
    .meta(about('How long a Terraform that was asked to stop may finish what it has in flight.')),
  maxLogBytes: size({ min: '1MiB', max: '64GiB' })
    .prefault('256MiB')
    .meta(about('The largest log of one run; a Terraform that prints more is stopped.')),
  passEnv: words(/^[A-Za-z_*][A-Za-z0-9_*]*$/, 'must be names of variables; * stands for any letters')
    .prefault([])
    .meta(
      about('Variables that Terraform sees besides the usual ones (PATH, HOME, proxies, cloud credentials).'),
    ),
});

const worker = section({
  creates: count({ min: 1, max: 256 }).prefault(8).meta(about('Nodes that one worker creates at once.')),
  destroys: count({ min: 1, max: 256 }).prefault(8).meta(about('Nodes that one worker destroys at once.')),
});

const lease = section({
  ttl: timer.prefault('2m').meta(about('How long a run owns its node without renewing.')),
  renew: timer.prefault('10s').meta(about('How often a run renews its lease.')),
  stopMargin: timer
    .prefault('45s')
    .meta(about('How long before its lease ends a run that cannot renew it stops Terraform.')),
}).superRefine(({ ttl, renew, stopMargin }, context) => {
  if (stopMargin >= ttl) {
    const message = `must be shorter than lease.ttl (${formatDuration(ttl)}), or no run could ever start`;
    context.addIssue({ code: 'custom', path: ['stopMargin'], message });
  } else if (renew * 3 >= ttl - stopMargin) {
    const most = formatDuration(Math.ceil((ttl - stopMargin) / 3) - 1);
    const message = `must be at most ${most}: three renewals have to fit between a lease’s begin and lease.stopMargin before its end`;
    context.addIssue({ code: 'custom', path: ['renew'], message });
  }
});

const queue = section({
  lock: timer.prefault('2m').meta(about('How long a job belongs to its worker without renewing.')),
  stalled: timer.prefault('30s').meta(about('How often jobs whose worker is gone are looked for.')),
}).superRefine(({ lock, stalled }, context) => {
  if (stalled < lock) return;
  const message = `must be shorter than queue.lock (${formatDuration(lock)})`;
  context.addIssue({ code: 'custom', path: ['stalled'], message });
});

const retry = section({
  createAttempts: count({ min: 1, max: 100 })
    .prefault(4)
    .meta(about('Attempts of a create before the node is FAILED.')),
  destroyAttempts: count({ min: 1, max: 100 })
    .prefault(6)
    .meta(
      about(
        'Attempts of a destroy before the node is FAILED; the reconciler goes on trying after `reconcile.destroyRetry`.',
      ),
    ),
  backoff: timer
    .prefault('2s')
    .meta(about('The wait before the second attempt; it doubles with each further one.')),
  maxBackoff: timer.prefault('5m').meta(about('The longest wait between two attempts.')),
  throttledBackoff: timer
    .prefault('15s')
    .meta(about('The first wait where the cloud said that it is called too often.')),
}).superRefine(({ backoff, maxBackoff, throttledBackoff }, context) => {
  for (const [name, wait] of Object.entries({ backoff, throttledBackoff })) {
    if (wait <= maxBackoff) continue;
    const message = `must not be longer than retry.maxBackoff (${formatDuration(maxBackoff)})`;
    context.addIssue({ code: 'custom', path: [name], message });
  }
});

const retention = section({
  tombstones: age.prefault('7d').meta(about('How long a destroyed node stays on record.')),
  historyEntries: count({ min: 1, max: 100_000 })
    .prefault(200)
    .meta(about('Lines kept of each node’s history.')),
  eventEntries: count({ min: 1_000, max: 100_000_000 })
    .prefault(100_000)
    .meta(about('Entries kept in the stream of events, about.')),
  stateVersions: count({ min: 0, max: 1_000 })
    .prefault(5)
    .meta(about('Earlier Terraform states kept of each node.')),
  logs: age.prefault('14d').meta(about('How long the logs of runs are kept.')),
});

const metrics = section({
  listen: listenAddress()
    .optional()
    .meta(
      about(
        'Where a worker serves its metrics, at `/metrics`: `127.0.0.1:9464`, or a port of this machine alone; 0 is any that is free. Without it nowhere.',
      ),
    ),
});

const fleet = section({
  id: text(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be 1–63 lower-case letters, digits or "-"')
    .optional()
    .meta(
      about(
        'The id that every resource of this fleet bears, for a Redis that has lost it. Without it nodeyard makes one and keeps it in Redis. No two fleets may share one.',
      ),
    ),
  skipInventories: words(/^[a-z][a-z0-9-]*$/, 'must be names of stacks')
    .prefault([])
    .meta(
      about(
        'Stacks whose cloud is never asked what exists, where the workers may not list it. What no Terraform state holds is then not found.',
      ),
    ),
  inventorySettle: duration({ min: '0s', max: '10m' })
    .optional()
    .meta(
      about(
        'How long a cloud’s lists may go on without what a call has made. Without it, what the inventory of the stack says (EC2: 10s).',
      ),
    ),
});

export const settingsSchema = section({
  redisUrl: text(
    /^(rediss?:\/\/[^/\s]|(unix:\/\/)?\/)\S*$/,
    'must be redis://host:port, rediss://host:port or the path of a unix socket',
  )
    .optional()
    .meta(
      about('The Redis to use. Without it nodeyard runs a private one in the data directory.', {
        secret: true,
        variable: 'REDIS_URL',
      }),
    ),
  dataDir: text(/./, 'must be the path of a directory')
    .prefault('.nodeyard')
    .meta(about('Where runs, logs, provider plugins and the private Redis live.')),
  fleet: fleet.prefault({}),
  simulatedCloud: text(/./, 'must be the directory of a simulated cloud')
    .optional()
    .meta(
      about(
        'For rehearsals: the directory of a simulated cloud, in which all nodes live then ([guide](rehearsal.md)).',
      ),
    ),
  log: log.prefault({}),
  worker: worker.prefault({}),
  terraform: terraform.prefault({}),
  lease: lease.prefault({}),
  queue: queue.prefault({}),
  retry: retry.prefault({}),
  retention: retention.prefault({}),
  heartbeat: heartbeat.prefault({}),
  commands: commands.prefault({}),
  reconcile: reconcile.prefault({}),
  scaling: scaling.prefault({}),
  metrics: metrics.prefault({}),
  tracing: tracing.prefault({}),
  api: api.prefault({}),
  webhooks: webhooks.prefault({}),
  stateKeys: words(
    /^([0-9a-f]{64}|[A-Za-z0-9+/]{43}=)$/i,
    'must be keys of 32 bytes, each as 64 hexadecimal digits or base64 (make one with `openssl rand -hex 32`)',
  )
    .prefault([])
    .meta(
      about('Keys that encrypt the stored Terraform states: the first one encrypts, all of them decrypt.', {
        secret: true,
        variable: 'NODEYARD_STATE_KEY',
      }),
    ),
  stacks: words(/./, 'must be paths of modules')
    .prefault([])
    .meta(
      about('Modules with stacks of your own: paths relative to the file that names them, or package names.'),
    ),
}).superRefine((settings, context) => {
  for (const { path, message } of reconcileProblems(settings)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

/** Checked and with defaults: durations in milliseconds, sizes in bytes, paths still as they were written. */
export type Settings = z.output<typeof settingsSchema>;
