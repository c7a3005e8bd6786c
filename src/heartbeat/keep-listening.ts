/** Says again and again that heartbeats can be received, for as long as they can. */
import type { Log } from '../log.js';
import type { Heartbeats } from './heartbeats.js';

const EVERY_MS = 2_000;
/** Two may come late, or get lost in a moment without Redis, before silence begins to count anew. */
const GAP_MS = 3 * EVERY_MS;

/** Says it at once, then until it is stopped. While Redis is away nothing can be received, and nothing is said. */
export function keepListening(heartbeats: Pick<Heartbeats, 'listening'>, log: Log): { stop(): void } {
  const say = (): void => {
    heartbeats
      .listening(GAP_MS)
      .catch((error: unknown) => log.debug({ error: String(error) }, 'not listening for heartbeats'));
  };
  say();
  const timer = setInterval(say, EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
}
