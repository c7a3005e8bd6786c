/** What ioredis and Redis throw, as the closed set knows it. */
import { NodeyardError } from './errors.js';

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Errors without a code, by their words in ioredis 6 (Redis.js, Command.js, event_handler.js). */
const CONNECTION_WORDS =
  /^(Connection is closed|Command timed out|connect ETIMEDOUT|Socket timeout|Stream isn't writeable)/;

/** First words of replies with which a server says that it cannot serve now, or not us. */
const SERVER_WORDS =
  /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|NOREPLICAS|MISCONF|OOM|NOAUTH|WRONGPASS|NOPERM|UNBLOCKED)\b/;

/** What a script says of a hash that lacks what every record has. */
export const UNSOUND_RECORD = 'UNSOUND_RECORD';

/** Redis is away, or cannot serve us now. */
export function isUnavailable(error: Error & { readonly code?: unknown }): boolean {
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    (typeof error.code === 'string' && SOCKET_CODES.has(error.code)) ||
    CONNECTION_WORDS.test(error.message) ||
    SERVER_WORDS.test(error.message)
  );
}

/** Calls Redis. Throws REDIS_UNAVAILABLE when it cannot serve, RECORD_UNREADABLE when `key` is not what we wrote. */
export async function askRedis<T>(key: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isUnavailable(error))
      throw new NodeyardError('REDIS_UNAVAILABLE', `Redis does not answer: ${error.message}`, {
        cause: error,
      });
    if (error.message.includes('WRONGTYPE')) throw unreadable(key, 'it holds another type of value', error);
    if (error.message.includes(UNSOUND_RECORD)) throw unreadable(key, 'fields are missing', error);
    throw error;
  }
}

const unreadable = (key: string, why: string, cause: Error): NodeyardError =>
  new NodeyardError('RECORD_UNREADABLE', `${key} cannot be read: ${why}`, { cause });
