/** Checks behind Redis: its settings and clock, and nodes that need somebody. */
import type { App } from '../../app.js';
import { checkRedis } from '../../embedded/check-redis.js';
import { ERROR_KINDS } from '../../errors.js';
import type { AskedPlace } from '../../fleet/reconcile/context.js';
import { silentLog } from '../../log.js';
import { pages } from '../selection.js';
import { elapsed } from '../times.js';
import { workersSeen } from '../workers-seen.js';
import { type CheckResult, fail, failBy, ok, warn } from './check.js';

const WARN_SKEW_MS = 2_000;
const FAIL_SKEW_MS = 60_000;
/** A node that has changed more recently may just be getting its job. */
const STRANDED_AFTER_MS = 60_000;
const STRANDED_MOST = 1_000;

export async function checkRedisSettings({ redis }: Pick<App, 'redis'>): Promise<readonly CheckResult[]> {
  const findings = await checkRedis(redis);
  if (findings.length === 0) return [ok('redis-settings', 'fit to keep nodes')];
  return findings.map(({ severity, setting, found, wanted, mend }) => {
    const report = severity === 'error' ? fail : warn;
    return report('redis-settings', `${setting} is ${found}, wanted ${wanted}`, mend);
  });
}

/** To be kept beside the backups: a lost Redis can be given it again. */
export async function checkFleet({ store, config }: Pick<App, 'store' | 'config'>): Promise<CheckResult> {
  const id = await store.fleetId();
  return ok('fleet', config.fleet.id === undefined ? id : `${id}, as fleet.id says`);
}

/** Leases end by the clock of Redis, ages are shown by ours. */
export async function checkClock({ redis }: Pick<App, 'redis'>, now: () => number): Promise<CheckResult> {
  const before = now();
  const [seconds, micros] = await redis.time();
  const after = now();
  const theirs = Number(seconds) * 1_000 + Number(micros) / 1_000;
  // Half of the way is theirs: what lies between our two looks is no skew.
  const skew = theirs < before ? before - theirs : theirs > after ? theirs - after : 0;
  const message = skew < 1 ? 'agrees with that of Redis' : `${elapsed(skew)} apart from that of Redis`;
  const mend = 'Synchronize the clocks of both machines (chrony, systemd-timesyncd).';
  if (skew >= FAIL_SKEW_MS) return fail('clock', message, mend);
  return skew >= WARN_SKEW_MS ? warn('clock', message, mend) : ok('clock', message);
}

export async function checkWorkers(app: Pick<App, 'queues'>): Promise<CheckResult> {
  const workers = await workersSeen(app, 'create');
  if (workers === undefined) return ok('workers', 'Redis does not tell who is connected');
  if (workers > 0) return ok('workers', `${workers} connected`);
  return warn('workers', 'none is connected', 'Start one with `nodeyard up` or `nodeyard worker`.');
}

export async function checkQuarantine({ states }: Pick<App, 'states'>): Promise<CheckResult> {
  const found = await states.quarantined();
  if (found.length === 0) return ok('quarantine', 'empty');
  const nodes = [...new Set(found.map(({ nodeId }) => nodeId))];
  return warn(
    'quarantine',
    `${found.length} state${found.length === 1 ? '' : 's'} of ${someOf(nodes)}`,
    'A superseded run wrote them: `nodeyard state show ID --quarantined EPOCH` tells what they hold.',
  );
}

/** Asks every place where a node of this fleet was ever made, with the credentials of whoever asks the doctor. */
export async function checkInventories(
  app: Pick<App, 'config' | 'env' | 'directories' | 'redis' | 'store'>,
): Promise<readonly CheckResult[]> {
  const [{ loadCatalog }, { openInventories }, { createInventories }] = await Promise.all([
    import('../../../stacks/catalog.js'),
    import('../../fleet/open-inventories.js'),
    import('../../fleet/reconcile/inventories.js'),
  ]);
  let asked: readonly AskedPlace[];
  try {
    const inventories = openInventories(app, await loadCatalog(app.config.stacks));
    const places = () => inventories.places();
    const survey = createInventories({ places, intervalMs: 0, monotonic: () => 0, log: silentLog });
    ({ asked } = await survey.list());
  } catch (error) {
    return [failBy('inventories', error)];
  }
  return asked.map(({ stack, place, name, resources, problem }) =>
    problem === undefined
      ? ok('inventories', `${name ?? place} (${stack}): ${resources} of this fleet`)
      : warn('inventories', problem, ERROR_KINDS.INVENTORY_UNAVAILABLE.mend),
  );
}

export async function checkStranded({ store }: Pick<App, 'store'>): Promise<CheckResult> {
  const nodes = await store.stranded(STRANDED_MOST, { olderThanMs: STRANDED_AFTER_MS });
  if (nodes.length === 0) return ok('stranded-nodes', 'none');
  return warn(
    'stranded-nodes',
    `${someOf(nodes.map(({ id }) => id))}: waiting for a run for over ${elapsed(STRANDED_AFTER_MS)}`,
    'Start a worker, or more of them: it gives every such node a job.',
  );
}

export async function checkFailures({ store }: Pick<App, 'store'>): Promise<readonly CheckResult[]> {
  const destroys: string[] = [];
  const others: string[] = [];
  for await (const { nodes } of pages(store, { state: 'FAILED' })) {
    for (const { id, failure } of nodes) (failure?.operation === 'destroy' ? destroys : others).push(id);
  }
  return [
    destroys.length === 0
      ? ok('failed-destroys', 'none')
      : fail(
          'failed-destroys',
          `${someOf(destroys)}: they may still cost money`,
          '`nodeyard show ID` tells why; `nodeyard retry --failed-destroys` tries all of them again.',
        ),
    others.length === 0
      ? ok('failed-nodes', 'none besides')
      : warn(
          'failed-nodes',
          someOf(others),
          '`nodeyard show ID` tells why; `nodeyard retry ID` tries again, `nodeyard destroy ID` gives it up.',
        ),
  ];
}

const SHOWN = 5;

function someOf(ids: readonly string[]): string {
  const rest = ids.length - SHOWN;
  return [...ids.slice(0, SHOWN), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
