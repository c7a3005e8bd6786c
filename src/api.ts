/**
 * The HTTP API of an app: the only place that knows what its routes are made of. Used by `nodeyard api`, by `nodeyard up`
 * and by tests.
 */
import { setMaxListeners } from 'node:events';
import { loadCatalog, type StackCatalog } from '../stacks/catalog.js';
import type { App } from './app.js';
import { createMailbox } from './commands/mailbox.js';
import { NodeyardError } from './errors.js';
import { takeNodeEvent } from './fleet/node-events.js';
import { openInventories } from './fleet/open-inventories.js';
import { reconcileParts } from './fleet/reconcile/parts.js';
import { reconcile } from './fleet/reconcile.js';
import { explainGroup } from './fleet/scaling/explain.js';
import { scalingParts } from './fleet/scaling/parts.js';
import { keepListening } from './heartbeat/keep-listening.js';
import { isLoopback } from './http/auth/door.js';
import { createFindings } from './http/findings.js';
import { createSeats } from './http/limits/seats.js';
import { type Listening, listen } from './http/listen.js';
import type { ApiParts, Stacks } from './http/parts.js';
import { watchRedis } from './http/redis-gate.js';
import { buildServer } from './http/server.js';
import { STREAM_LIMITS, type StreamLimits } from './http/stream/event-stream.js';
import type { Api } from './http/types.js';
import { requestMetrics } from './metrics/requests.js';
import { joined, type Scrape } from './metrics/scrape.js';
import { LookQueue } from './queue/look-queue.js';
import { createLocalRuns } from './runs/local-runs.js';
import { parseInputs } from './synth/inputs.js';

export interface ApiOptions extends Pick<ApiParts, 'dependencies'> {
  /** What the process tells besides its API; undefined while it cannot tell yet. */
  readonly metrics?: () => Promise<Scrape> | undefined;
  readonly streamLimits?: Partial<StreamLimits>;
}

export interface StartedApi extends Listening {
  /** No token is needed: none was ever made, and only this machine can come here. */
  readonly open: boolean;
  readonly server: Api;
}

/**
 * Serves the API at the configured address, on connections of its own beside those of the app. Throws CONFIG_INVALID (no
 * address; one that others can reach, and no token yet; a stack’s module), REDIS_UNAVAILABLE.
 */
export async function startApi(app: App, options: ApiOptions = {}): Promise<StartedApi> {
  const { listen: place } = app.config.api;
  if (place === undefined)
    throw new NodeyardError('CONFIG_INVALID', 'api.listen is off', { field: 'api.listen' });
  const own = await app.beside('hasty', { answerWithinMs: app.config.api.redisTimeoutMs });
  const gate = watchRedis(own.redis);
  const end = async (): Promise<void> => {
    gate.stop();
    await own.close();
  };
  try {
    const open = await isOpen(own, place.host);
    const closing = new AbortController();
    const parts = await apiParts(own, gate, closing.signal, options);
    const graceMs = app.config.api.closeGraceMs;
    const server = await buildServer(parts);
    const listening = await listen(server, { ...place, graceMs, closing });
    const hearing = keepListening(own.heartbeats, app.log);
    return {
      server,
      url: listening.url,
      open,
      async close() {
        hearing.stop();
        await listening.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Throws CONFIG_INVALID where anybody in the network could come in. */
async function isOpen({ config, tokens }: App, host: string): Promise<boolean> {
  if (config.api.oidc !== undefined || (await tokens.any())) return false;
  if (isLoopback(host)) return true;
  throw new NodeyardError(
    'CONFIG_INVALID',
    `api.listen is ${host}, which others can reach, and there is no token yet. Make one with \`nodeyard token create --name me --scope admin\`, or listen at 127.0.0.1`,
    { field: 'api.listen' },
  );
}

/** What the routes of an API beside this app work with. */
export async function apiParts(
  app: App,
  gate: ApiParts['gate'],
  closing: AbortSignal,
  options: ApiOptions,
): Promise<ApiParts> {
  const {
    client,
    store,
    states,
    queues,
    tail,
    heartbeats,
    commands,
    groups,
    groupHistory,
    routing,
    tokens,
    nodeTokens,
    sessions,
    audit,
    webhooks,
    log,
    redact,
    config,
  } = app;
  const catalog = await loadCatalog(config.stacks);
  const { streamLimits, metrics, ...given } = options;
  const requests = requestMetrics();
  const seats = createSeats(config.api.maxListeners);
  // Every stream listens to it.
  setMaxListeners(0, closing);
  return {
    ...given,
    meter: requests.meter,
    metrics: async () => {
      const [own, others] = await Promise.all([
        requests.scrape({ open: seats.taken, limit: seats.most }),
        metrics?.(),
      ]);
      return others === undefined ? own : joined(own, others);
    },
    settings: config.api,
    client,
    store,
    states,
    queues,
    // It has no connection of its own, so there is nothing to close.
    lookQueues: [new LookQueue(app.redis, 'reconcile'), new LookQueue(app.redis, 'scale')],
    tail,
    heartbeats,
    nodeEvents: {
      take: (nodeId, said) => takeNodeEvent({ heartbeats, store, settings: config.heartbeat }, nodeId, said),
      intervalMs: config.heartbeat.intervalMs,
    },
    commands,
    mailbox: createMailbox({
      commands,
      subscribe: (listener) => tail.subscribe(listener),
      monotonic: () => performance.now(),
    }),
    commandSettings: config.commands,
    groups,
    groupHistory,
    routing,
    explain: (group) => explainGroup(scalingParts(app), group),
    tokens,
    nodeTokens,
    sessions,
    audit,
    webhooks,
    gate,
    closing,
    log,
    redact,
    stacks: stacksOf(catalog),
    runs: createLocalRuns({ directories: app.directories, redact }),
    streams: {
      closing,
      seats,
      limits: { ...STREAM_LIMITS, ...streamLimits },
    },
    findings: createFindings({
      // Anew for every look: a look asks each inventory, and only the first one of some parts does so at once.
      look: () => {
        const parts = reconcileParts(app, openInventories(app, catalog), { start: () => false });
        return reconcile(parts, { dryRun: true });
      },
      keptMs: config.reconcile.inventoryIntervalMs,
      now: Date.now,
    }),
  };
}

function stacksOf(catalog: StackCatalog): Stacks {
  const described = catalog.list();
  return {
    list: () => described,
    check: (stack, inputs) => {
      parseInputs(catalog.get(stack), inputs);
    },
  };
}
