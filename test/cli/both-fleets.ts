/** The command line on Redis and behind the API of the same yard: the same words are said to both. */
import type { YardApi } from '../http/yard-api.js';
import type { Surroundings } from './command-line.js';
import { beside } from './yard-line.js';

/** Nothing there leads to the Redis of the yard, nor to its data directory. */
export const remote = (
  { api, tokens }: Pick<YardApi, 'api' | 'tokens'>,
  { env, ...more }: Surroundings = {},
): Surroundings => ({
  ...more,
  env: {
    PATH: '/nonexistent',
    REDIS_URL: '/nonexistent/redis.sock',
    NODEYARD_DATA_DIR: '/nonexistent/data',
    NODEYARD_API_URL: api.url,
    NODEYARD_API_TOKEN: tokens.admin,
    ...env,
  },
});

export const FLEETS = ['Redis', 'an API'] as const;
export type FleetKind = (typeof FLEETS)[number];

export const surroundingsOf = (kind: FleetKind, yard: YardApi, more: Surroundings = {}): Surroundings =>
  kind === 'Redis' ? beside(yard.yard, more) : remote(yard, more);
