/** Which Redis is used, in words without a password. */
import type { App } from '../app.js';

export function redisPlace({ config, redis, redact }: App): string {
  return config.redisUrl === undefined ? `private, ${redis.options.path ?? ''}` : redact(config.redisUrl);
}
