/**
 * The composition root: the only place that knows how the parts fit together. Commands open an `App`; a worker builds
 * what it needs on top of it.
 */
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type AuditTrail, createAuditTrail } from './auth/audit-trail.js';
import { createNodeTokens, type NodeTokens } from './auth/node-tokens.js';
import { createRedisTokens } from './auth/redis-tokens.js';
import { createRedisSessions, type Sessions } from './auth/sessions.js';
import type { TokenStore } from './auth/tokens.js';
import { NodeyardClient } from './client.js';
import type { Commands } from './commands/commands.js';
import { createRedisCommands } from './commands/redis-commands.js';
import { type Config, searchPath, secretsOfConfig } from './config.js';
import { parseStateKey } from './crypto.js';
import { checkRedis } from './embedded/check-redis.js';
import { type EmbeddedRedis, startEmbeddedRedis } from './embedded/redis.js';
import { NodeyardError } from './errors.js';
import type { Groups, RoleMemories } from './groups/groups.js';
import type { GroupHistory } from './groups/history.js';
import type { Outcomes } from './groups/outcomes.js';
import { createRedisGroups } from './groups/redis-groups.js';
import { createRedisGroupHistory } from './groups/redis-history.js';
import { createRedisRoleMemories } from './groups/redis-memories.js';
import { createRedisOutcomes } from './groups/redis-outcomes.js';
import type { Heartbeats } from './heartbeat/heartbeats.js';
import { createRedisHeartbeats } from './heartbeat/redis-heartbeats.js';
import { createLog, createRedactor, type Log, secretsOf, silentLog } from './log.js';
import { Connections, type OpenOptions, type Temper } from './queue/connections.js';
import { JobQueues } from './queue/jobs.js';
import { claimFleet } from './rehearsal/claim.js';
import { readSimulatedCloud, type SimulatedCloud } from './rehearsal/description.js';
import { rehearsalEnv } from './rehearsal/environment.js';
import { createRedisRouting } from './routing/redis-routing.js';
import type { Routing } from './routing/routing.js';
import type { Quarantine } from './state/quarantine.js';
import { createRedisQuarantine } from './state/redis-quarantine.js';
import { createRedisStateRepository } from './state/redis-repository.js';
import type { StateRepository } from './state/repository.js';
import { createRedisStore } from './store/redis-store.js';
import type { NodeStore } from './store/store.js';
import { createEventTail, type EventTail } from './store/tail.js';
import { openTracing } from './tracing/open.js';
import type { Tracing } from './tracing/tracing.js';
import { openWebhooks } from './webhooks/open.js';
import type { Webhooks } from './webhooks/webhooks.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AppOptions {
  readonly config: Config;
  readonly env: Environment;
  /** `hasty` for commands and producers, `patient` for workers. */
  readonly temper: Temper;
  readonly log?: Log;
}

/** Absolute paths below the data directory. */
export interface DataDirectories {
  readonly runs: string;
  readonly logs: string;
  readonly nodes: string;
  readonly bundles: string;
  readonly locks: string;
}

export interface App {
  readonly config: Config;
  /** In a rehearsal without anything that leads to a real cloud. */
  readonly env: Environment;
  /** The simulated cloud that all nodes live in, where `simulatedCloud` is set. */
  readonly rehearsal: SimulatedCloud | undefined;
  readonly log: Log;
  /** Takes the secrets of the configuration and the environment out of a text. */
  readonly redact: (text: string) => string;
  readonly directories: DataDirectories;
  readonly tracing: Tracing;
  readonly connections: Connections;
  readonly redis: Redis;
  readonly store: NodeStore;
  readonly heartbeats: Heartbeats;
  readonly commands: Commands;
  readonly groups: Groups;
  readonly groupHistory: GroupHistory;
  readonly roleMemories: RoleMemories;
  /** How the newest creates of each role ended. */
  readonly roleOutcomes: Outcomes;
  /** Which nodes of a role serve next. */
  readonly routing: Routing;
  readonly nodeTokens: NodeTokens;
  readonly states: StateRepository;
  readonly quarantine: Quarantine;
  readonly queues: JobQueues;
  readonly tail: EventTail;
  readonly client: NodeyardClient;
  readonly tokens: TokenStore;
  readonly sessions: Sessions;
  readonly audit: AuditTrail;
  readonly webhooks: Webhooks;
  /** The same parts on a connection of their own, of another temper. Closing them leaves this app as it is. */
  beside(temper: Temper, options?: OpenOptions): Promise<App>;
  /** Ends every connection, and the embedded Redis if this process started it. */
  close(): Promise<void>;
}

/**
 * Connects to the configured Redis, or to the embedded one. Throws REDIS_UNAVAILABLE, CONFIG_INVALID (also for a fleet that
 * does not live in the cloud that is configured).
 */
export async function openApp({ config, env, temper, log: given }: AppOptions): Promise<App> {
  const redact = createRedactor([...secretsOf(env), ...secretsOfConfig(config)]);
  const log = given ?? createLog({ level: config.log.level, redact });
  const { simulatedCloud } = config;
  const rehearsal = simulatedCloud === undefined ? undefined : readSimulatedCloud(simulatedCloud);
  const embedded = config.redisUrl === undefined ? await startEmbedded(config, env, log) : undefined;
  const connections = new Connections(addressOf(config, embedded), log);
  const tracing = await openTracing(config.tracing, log);
  try {
    const redis = await connections.open(temper);
    await refuseUnfitRedis(redis, temper === 'patient' ? log : silentLog);
    await claimFleet(redis, rehearsal, { claim: rehearsal !== undefined });
    const close = async (): Promise<void> => {
      await tracing.close();
      connections.close();
      await embedded?.stop();
    };
    const seen = rehearsal === undefined ? env : rehearsalEnv(env, rehearsal);
    const app = assemble({ config, env: seen, rehearsal, log, redact, tracing, connections }, redis, close);
    // Refused before anything is made that would bear another fleet’s id.
    if (config.fleet.id !== undefined) await app.store.fleetId();
    return app;
  } catch (error) {
    await tracing.close();
    connections.close();
    await embedded?.stop();
    throw error;
  }
}

/** Everything that speaks to Redis, on one connection. `end` is what closing the whole ends besides. */
function assemble(
  common: Pick<App, 'config' | 'env' | 'rehearsal' | 'log' | 'redact' | 'tracing' | 'connections'>,
  redis: Redis,
  end: () => Promise<void>,
): App {
  const { config, connections, tracing, log } = common;
  const store = createRedisStore({
    redis,
    retention: config.retention,
    destroyRetry: config.reconcile.destroyRetry,
    ...(config.fleet.id === undefined ? {} : { fleetId: config.fleet.id }),
    log,
  });
  const keys = config.stateKeys.map(parseStateKey);
  const queues = new JobQueues(redis, tracing);
  const tail = createEventTail(store, log);
  const groups = createRedisGroups({ redis });
  return {
    ...common,
    directories: directoriesIn(config.dataDir),
    redis,
    store,
    states: createRedisStateRepository({ redis, keys, keptVersions: config.retention.stateVersions }),
    quarantine: createRedisQuarantine({ redis, keys }),
    queues,
    tail,
    client: new NodeyardClient({ store, queues, tail, groups, tracing }),
    heartbeats: createRedisHeartbeats({ redis }),
    commands: createRedisCommands({ redis, retention: config.retention }),
    groups,
    groupHistory: createRedisGroupHistory({ redis }),
    roleMemories: createRedisRoleMemories({ redis }),
    roleOutcomes: createRedisOutcomes({ redis }),
    routing: createRedisRouting({ redis, groups }),
    nodeTokens: createNodeTokens({ redis, keys: config.api.nodeTokenKeys }),
    tokens: createRedisTokens({ redis }),
    sessions: createRedisSessions({ redis }),
    audit: createAuditTrail({ redis, entries: config.api.auditEntries }),
    webhooks: openWebhooks({
      redis,
      keys,
      settings: config.webhooks,
      latestPosition: () => store.latestPosition(),
    }),
    async beside(temper, options) {
      const other = await connections.open(temper, options);
      return assemble(common, other, async () => other.disconnect());
    },
    async close() {
      await tail.close();
      await queues.close();
      await store.close();
      await end();
    },
  };
}

const startEmbedded = (config: Config, env: Environment, log: Log): Promise<EmbeddedRedis> =>
  startEmbeddedRedis({ dataDir: config.dataDir, path: searchPath(config, env), log });

function addressOf({ redisUrl }: Config, embedded: EmbeddedRedis | undefined) {
  if (embedded !== undefined) return { socket: embedded.socket };
  const url = redisUrl ?? '';
  return url.startsWith('/') ? { socket: url } : { url };
}

/** A Redis that may evict keys would lose states; one without a journal may lose the last ones with its machine. */
async function refuseUnfitRedis(redis: Redis, log: Log): Promise<void> {
  const findings = await checkRedis(redis);
  const lines = findings.map(
    ({ setting, found, wanted, mend }) => `${setting} is ${found}, wanted ${wanted}: ${mend}`,
  );
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new NodeyardError('CONFIG_INVALID', `Redis cannot be used. ${lines.join(' ')}`);
  for (const line of lines) log.warn(line);
}

function directoriesIn(dataDir: string): DataDirectories {
  return {
    runs: join(dataDir, 'runs'),
    logs: join(dataDir, 'logs'),
    nodes: join(dataDir, 'nodes'),
    bundles: join(dataDir, 'bundles'),
    locks: join(dataDir, 'locks'),
  };
}
