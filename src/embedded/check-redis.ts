/** Whether a Redis, embedded or not, is fit to keep nodes: what is wrong with it, and how to mend it. */

export interface RedisFinding {
  /** `error`: nodes can get lost. `warning`: they can where something else fails too, or it could not be seen. */
  readonly severity: 'error' | 'warning';
  readonly setting: 'version' | 'maxmemory-policy' | 'appendonly';
  /** `unknown` where the server does not tell. */
  readonly found: string;
  readonly wanted: string;
  readonly mend: string;
}

/** The two commands that are asked; a client of ioredis has them. */
export interface AskableRedis {
  info(): Promise<string>;
  config(command: 'GET', setting: string): Promise<unknown>;
}

const OLDEST = [6, 2] as const;
const UNKNOWN = 'unknown';

/**
 * Empty when all is well. INFO is asked first, because managed services forbid CONFIG; where neither tells, the finding
 * is a warning with `found: "unknown"`. Throws only what the connection throws.
 */
export async function checkRedis(redis: AskableRedis): Promise<RedisFinding[]> {
  const info = parseInfo(await answerOf(() => redis.info(), ''));
  const version = info.get('redis_version') ?? UNKNOWN;
  const policy = info.get('maxmemory_policy') ?? (await configured(redis, 'maxmemory-policy'));
  const appendOnly = readFlag(info.get('aof_enabled')) ?? (await configured(redis, 'appendonly'));
  const findings: RedisFinding[] = [
    {
      severity: 'error',
      setting: 'version',
      found: version,
      wanted: `${OLDEST.join('.')} or newer`,
      mend: `Use Redis ${OLDEST.join('.')} or newer, or Valkey.`,
    },
    {
      severity: 'error',
      setting: 'maxmemory-policy',
      found: policy,
      wanted: 'noeviction',
      mend: 'Run `redis-cli config set maxmemory-policy noeviction` and write it into redis.conf: with any other policy Redis drops nodes when memory is short.',
    },
    {
      severity: 'warning',
      setting: 'appendonly',
      found: appendOnly,
      wanted: 'yes',
      mend: 'Run `redis-cli config set appendonly yes` and write it into redis.conf: without it a restart of Redis forgets the last minutes.',
    },
  ];
  const fit = {
    version: isNewEnough(version),
    'maxmemory-policy': policy === 'noeviction',
    appendonly: appendOnly === 'yes',
  };
  return findings
    .filter(({ setting }) => !fit[setting])
    .map((finding) => (finding.found === UNKNOWN ? { ...finding, severity: 'warning' } : finding));
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(/\r?\n/).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1)];
  });
  return new Map(pairs);
}

const readFlag = (flag: string | undefined): string | undefined =>
  flag === undefined ? undefined : flag === '1' ? 'yes' : 'no';

async function configured(redis: AskableRedis, setting: string): Promise<string> {
  const answer = await answerOf(() => redis.config('GET', setting), []);
  return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : UNKNOWN;
}

/** What the server forbids or does not know is answered by `otherwise`; a lost connection is not. */
async function answerOf<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return otherwise;
    throw error;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
