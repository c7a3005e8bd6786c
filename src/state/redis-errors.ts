/** What ioredis and Redis throw while Redis cannot serve, in one place. */
import { NodeyardError } from '../errors.js';

const SOCKET_CODES = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Errors without a code, by their words in ioredis 6. */
const CLIENT_WORDS =
  /^(Connection is closed|Command timed out|connect ETIMEDOUT|Socket timeout|Stream isn't writeable)/;

/** First words of the replies of a server that cannot serve now, or not us. */
const SERVER_WORDS =
  /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|NOREPLICAS|MISCONF|OOM|NOAUTH|WRONGPASS|NOPERM|UNBLOCKED)\b/;

/** Calls Redis. Throws REDIS_UNAVAILABLE when it cannot serve, RECORD_UNREADABLE when a key holds another type. */
export async function askRedis<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isUnavailable(error)) {
      throw new NodeyardError('REDIS_UNAVAILABLE', `Redis does not answer: ${error.message}`, {
        cause: error,
      });
    }
    if (error.message.includes('WRONGTYPE')) {
      throw new NodeyardError(
        'RECORD_UNREADABLE',
        'a key of the state repository holds another type of value',
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

function isUnavailable(error: Error & { readonly code?: unknown }): boolean {
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    (typeof error.code === 'string' && SOCKET_CODES.has(error.code)) ||
    CLIENT_WORDS.test(error.message) ||
    SERVER_WORDS.test(error.message)
  );
}
