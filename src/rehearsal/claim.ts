/**
 * Where a fleet’s nodes live: in the real cloud or in one simulated one, for ever. A worker that took the nodes of the
 * other would ask the wrong cloud for their end, hear that nothing is there, and call them destroyed: so the fleet (its
 * Redis) and the data directory each keep a mark, and what does not fit is refused before anything is touched.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';
import { KEY_PREFIX } from '../node/keys.js';
import { askRedis } from '../redis-errors.js';
import { SEQUENCE_KEY } from '../store/keys.js';
import type { SimulatedCloud } from './description.js';

const CLOUD_KEY = `${KEY_PREFIX}cloud`;
const MARK_FILE = 'cloud';
const REAL = 'real';

/** KEYS = the mark, the sequence of nodes. Whoever made nodes before there were marks made real ones. */
const CLAIM = `
local mark = redis.call('GET', KEYS[1])
if not mark and redis.call('EXISTS', KEYS[2]) == 1 then mark = '${REAL}' end
if not mark and ARGV[2] == 'claim' then
  mark = ARGV[1]
  redis.call('SET', KEYS[1], mark)
end
return mark or ''
`;

type Rehearsal = Pick<SimulatedCloud, 'id' | 'directory'> | undefined;

/**
 * Throws CONFIG_INVALID where the fleet lives elsewhere. Only with `claim` is a fleet that has no mark given one: a command
 * that just looks into an empty Redis leaves it open what this will be.
 */
export async function claimFleet(
  redis: Redis,
  rehearsal: Rehearsal,
  { claim }: { readonly claim: boolean },
): Promise<void> {
  const wanted = markOf(rehearsal);
  const mark = await askRedis(CLOUD_KEY, async () =>
    String(await redis.eval(CLAIM, 2, CLOUD_KEY, SEQUENCE_KEY, wanted, claim ? 'claim' : 'look')),
  );
  if (mark !== '' && mark !== wanted) throw elsewhere('The fleet in this Redis', mark, rehearsal, 'redisUrl');
}

/** The same for the data directory, whose run directories are some fleet’s. For workers. */
export async function claimDataDirectory(dataDir: string, rehearsal: Rehearsal): Promise<void> {
  const wanted = markOf(rehearsal);
  const file = join(dataDir, MARK_FILE);
  const used = existsSync(join(dataDir, 'runs'));
  const mark = (await markIn(file)) ?? (used ? REAL : undefined);
  if (mark !== undefined && mark !== wanted) {
    throw elsewhere(`What is in the data directory ${dataDir}`, mark, rehearsal, 'dataDir');
  }
  if (mark === undefined) {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeFile(file, `${wanted}\n`, { mode: 0o600 });
  }
}

async function markIn(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const markOf = (rehearsal: Rehearsal): string =>
  rehearsal === undefined ? REAL : `simulated ${rehearsal.id}`;

function elsewhere(what: string, mark: string, rehearsal: Rehearsal, field: string): NodeyardError {
  const there = mark === REAL ? 'lives in the real cloud' : `lives in a simulated cloud (${mark})`;
  const here =
    rehearsal === undefined
      ? 'simulatedCloud is not set'
      : `simulatedCloud names ${rehearsal.directory} (${markOf(rehearsal)})`;
  const mend =
    mark === REAL
      ? 'Give the rehearsal a Redis and a data directory of its own'
      : 'Set NODEYARD_SIMULATED_CLOUD to that cloud’s directory, or use another Redis and data directory';
  return new NodeyardError('CONFIG_INVALID', `${what} ${there}, and ${here}. ${mend}.`, { field });
}
