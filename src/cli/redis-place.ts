/** Which Redis is used, in words without a password. */
import type { App } from '../app.js';

export function redisPlace({ config, redis }: Pick<App, 'config' | 'redis'>): string {
  return config.redisUrl === undefined
    ? `private, ${redis.options.path ?? ''}`
    : withoutPassword(config.redisUrl);
}

/** Up to the last "@", because people forget to escape those in their passwords. */
export const withoutPassword = (url: string): string =>
  url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#]*):.*@/i, '$1:…@');
