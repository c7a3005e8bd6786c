/** Redis is killed, ended and started again from its journal, or frozen. */
import type { TestRedis } from '../../support/redis.js';
import { wait } from '../waiting.js';
import type { PlannedOn, Strike } from './scene.js';

/** One at a time: what is down already cannot be killed. */
const busy = new WeakSet<TestRedis>();

export const strikeRedis: Strike<PlannedOn<'redis'>> = async ({ redis }, { how, forMs }, ending) => {
  if (busy.has(redis)) return undefined;
  busy.add(redis);
  const over = (how === 'stop' ? freeze(redis, forMs, ending) : restart(redis, how, forMs, ending)).finally(
    () => busy.delete(redis),
  );
  return { whom: `redis ${redis.pid}`, over };
};

async function freeze({ pid }: TestRedis, forMs: number, ending: AbortSignal): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await wait(forMs, ending);
  process.kill(pid, 'SIGCONT');
}

async function restart(
  redis: TestRedis,
  how: 'kill' | 'term',
  forMs: number,
  ending: AbortSignal,
): Promise<void> {
  await redis.kill(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
  await wait(forMs, ending);
  await redis.restart();
}
