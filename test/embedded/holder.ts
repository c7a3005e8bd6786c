/** A process that holds an embedded Redis: `owned` on its input is answered, `stop` ends it in good order. */
import { createInterface } from 'node:readline';
import { startEmbeddedRedis } from '../../src/embedded/redis.js';
import { silentLog } from '../../src/log.js';

const [dataDir = ''] = process.argv.slice(2);
const redis = await startEmbeddedRedis({ dataDir, path: process.env['PATH'] ?? '', log: silentLog });
const say = (answer: unknown): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ socket: redis.socket, owned: redis.owned });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'owned') say(redis.owned);
  if (line === 'stop') break;
}
await redis.stop();
say('stopped');
process.stdin.destroy();
