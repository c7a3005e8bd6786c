/** The configuration of a rehearsal: the user’s own, in a place of its own, with waits that are worth sitting through. */

import type { Call } from '../../../src/cli/call.js';
import { environmentOf } from '../../../src/cli/opened.js';
import { type Config, loadConfig } from '../../../src/config.js';

export interface RehearsalSettings {
  /** The user’s waits, instead of short ones. */
  readonly realWaits: boolean;
  /** Modules besides those of the configuration. */
  readonly stacks: readonly string[];
}

export interface Places {
  readonly dataDir: string;
  readonly cloud: string;
}

/** Seconds in place of minutes: what happens is the same. A variable that the user sets is stronger. */
const SHORT_WAITS = {
  NODEYARD_RETRY_BACKOFF: '200ms',
  NODEYARD_RETRY_THROTTLED_BACKOFF: '1s',
  NODEYARD_RETRY_MAX_BACKOFF: '5s',
  NODEYARD_RECONCILE_INTERVAL: '1s',
  NODEYARD_RECONCILE_INVENTORY_INTERVAL: '2s',
  NODEYARD_RECONCILE_ORPHAN_AGE: '1m',
  NODEYARD_FLEET_INVENTORY_SETTLE: '2s',
  NODEYARD_RECONCILE_DESTROY_RETRY: '5s',
};

/** The patience of the provider with its cloud; see provider/configure.ts. */
const SDK = {
  short: { SIMCLOUD_RETRIES: '3', SIMCLOUD_PATIENCE_MS: '5000' },
  real: { SIMCLOUD_RETRIES: '8', SIMCLOUD_PATIENCE_MS: '600000' },
};

/** A Redis that the user’s configuration names is never used: a rehearsal has its own. Throws CONFIG_INVALID. */
export function rehearsalConfig(
  call: Pick<Call, 'io' | 'options'>,
  { realWaits, stacks }: RehearsalSettings,
  { dataDir, cloud }: Places,
): Config {
  const { config: file } = call.options;
  const env = {
    ...(realWaits ? {} : SHORT_WAITS),
    ...environmentOf(call),
    NODEYARD_DATA_DIR: dataDir,
    NODEYARD_SIMULATED_CLOUD: cloud,
    REDIS_URL: undefined,
  };
  const { redisUrl: _, ...config } = loadConfig({
    env,
    cwd: call.io.cwd,
    ...(file === undefined ? {} : { file }),
  });
  return { ...config, stacks: [...config.stacks, ...stacks] };
}

export function sdkPatience(
  { io }: Pick<Call, 'io'>,
  { realWaits }: RehearsalSettings,
): Record<string, string> {
  const own = Object.entries(io.env).flatMap(([name, value]) =>
    name.startsWith('SIMCLOUD_') && name !== 'SIMCLOUD_SOCKET' && value !== undefined ? [[name, value]] : [],
  );
  return { ...(realWaits ? SDK.real : SDK.short), ...(Object.fromEntries(own) as Record<string, string>) };
}
