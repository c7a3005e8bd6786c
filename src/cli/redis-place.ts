/** Which Redis is used, in words without a password. */
import type { App } from '../app.js';
import { placeOf } from '../queue/connections.js';

export function redisPlace({ config, redis }: Pick<App, 'config' | 'redis'>): string {
  return config.redisUrl === undefined
    ? `private, ${redis.options.path ?? ''}`
    : placeOf({ url: config.redisUrl });
}
