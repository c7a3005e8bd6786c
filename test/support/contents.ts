/** Everything that was kept somewhere, to be searched for what must not be in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';

/** Every value of every key, as text; stored documents are bytes that tell nothing. */
export async function everythingIn(redis: Redis): Promise<string> {
  const texts = await Promise.all(
    (await redis.keys('*')).map(async (key) => {
      const read: Record<string, () => Promise<unknown>> = {
        string: () => redis.get(key),
        hash: () => redis.hgetall(key),
        list: () => redis.lrange(key, 0, -1),
        set: () => redis.smembers(key),
        zset: () => redis.zrange(key, 0, '-1'),
        stream: () => redis.xrange(key, '-', '+'),
      };
      return JSON.stringify([key, await read[await redis.type(key)]?.()]);
    }),
  );
  return texts.join('\n');
}

/** Every file below a directory, as text. */
export function filesIn(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}
