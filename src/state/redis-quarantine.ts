/** The claims of quarantined documents on Redis, beside the repository that keeps the documents. */
import type { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';
import { askRedis } from '../redis-errors.js';
import { CLOCK_OF_REDIS } from '../redis-scripts.js';
import { Codec } from './codec.js';
import { checkId, checkNumber } from './input.js';
import {
  CONFIGURATION_FIELD,
  DOCUMENT_FIELD,
  QUARANTINES_KEY,
  quarantineKey,
  SUMMARY_FIELD,
  UNATTENDED_QUARANTINES_KEY,
} from './keys.js';
import type { ClaimedEntry, Quarantine, QuarantineClaim, QuarantinePlace } from './quarantine.js';
import {
  AMEND,
  CLAIM,
  END_ENTRY,
  KEEP_CONFIGURATION,
  RELEASE_CLAIM,
  RENEW_CLAIM,
} from './scripts/quarantine.js';
import { readStoredSummary, sha256Of, summarize } from './summary.js';

export interface RedisQuarantineOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** As the repository’s. */
  readonly keys?: readonly Uint8Array[];
  /** Milliseconds since 1970. Default: the clock of Redis, which all workers share. */
  readonly now?: () => number;
}

const MAX_PAGE = 1_000;

type Send = (place: QuarantinePlace, ask: object, ...more: (string | Buffer)[]) => Promise<string>;

/** Throws CONFIG_INVALID for a key of the wrong length. */
export function createRedisQuarantine({
  redis,
  keys = [],
  now = CLOCK_OF_REDIS,
}: RedisQuarantineOptions): Quarantine {
  const codec = new Codec(keys);
  const register = (name: string, lua: string): Send => {
    redis.defineCommand(name, { lua, numberOfKeys: 3 });
    const command: unknown = Reflect.get(redis, name);
    if (typeof command !== 'function') throw new TypeError(`ioredis did not define ${name}`);
    return async ({ nodeId, epoch }, ask, ...more) => {
      checkId(nodeId);
      checkNumber('epoch', epoch, 1);
      const key = quarantineKey(nodeId);
      const values = [nodeId, epoch, now(), JSON.stringify(ask), ...more];
      const places = [key, QUARANTINES_KEY, UNATTENDED_QUARANTINES_KEY];
      return askRedis(key, async () => String(await Reflect.apply(command, redis, [...places, ...values])));
    };
  };
  const claimEntry = register('nodeyardClaimQuarantine', CLAIM);
  const renew = register('nodeyardRenewQuarantine', RENEW_CLAIM);
  const release = register('nodeyardReleaseQuarantine', RELEASE_CLAIM);
  const amend = register('nodeyardAmendQuarantine', AMEND);
  const end = register('nodeyardEndQuarantine', END_ENTRY);
  const keep = register('nodeyardKeepConfiguration', KEEP_CONFIGURATION);

  const read = async ({ nodeId, epoch }: QuarantinePlace): Promise<Read | undefined> => {
    const key = quarantineKey(nodeId);
    const fields = [SUMMARY_FIELD, DOCUMENT_FIELD, CONFIGURATION_FIELD].map((field) => `${field}${epoch}`);
    const [text, packed, packedConfiguration] = await askRedis(key, () => redis.hmgetBuffer(key, ...fields));
    if (text == null || packed == null) return undefined;
    const { sequence, imported: _imported, ...summary } = readStoredSummary(nodeId, text.toString('utf8'));
    const document = await codec.decode(packed, { kind: 'state', nodeId, epoch });
    if (sha256Of(document) !== summary.sha256) {
      const message = `the quarantined state of ${nodeId}, epoch ${epoch}, is not the one that was saved`;
      throw new NodeyardError('STATE_UNREADABLE', message);
    }
    const stored = { nodeId, ...summary, document };
    if (packedConfiguration == null) return { base: sequence, stored };
    const bytes = await codec.decode(packedConfiguration, { kind: 'configuration', nodeId, epoch });
    return { base: sequence, stored, configuration: bytes.toString('utf8') };
  };

  return {
    count: () => askRedis(QUARANTINES_KEY, () => redis.zcard(QUARANTINES_KEY)),

    async unattended(limit, olderThanMs) {
      checkNumber('limit', limit, 1, MAX_PAGE);
      checkNumber('olderThanMs', olderThanMs, 0);
      const entries = await askRedis(UNATTENDED_QUARANTINES_KEY, async () => {
        const time = now() < 0 ? Number((await redis.time())[0]) * 1_000 : now();
        return redis.zrangebyscore(UNATTENDED_QUARANTINES_KEY, '-inf', time - olderThanMs, 'LIMIT', 0, limit);
      });
      return entries.map((entry) => {
        const [nodeId = '', epoch = ''] = entry.split(':');
        return { nodeId, epoch: Number(epoch) };
      });
    },

    async claim(place, lease) {
      const verdict = await claimEntry(place, lease);
      if (verdict === 'held' || verdict === 'unknown') return verdict;
      const found = await read(place);
      if (found === undefined) return 'unknown';
      const { base, ...entry } = found;
      const { nodeId, epoch } = place;
      return { claim: { nodeId, epoch, number: Number(verdict), holder: lease.holder, base }, ...entry };
    },

    renew: async (claim, leaseMs) => (await renew(claim, { ...claim, leaseMs })) === 'yes',
    release: async (claim, waitMs) => (await release(claim, { ...claim, waitMs })) === 'yes',
    end: async (claim) => (await end(claim, claim)) === 'yes',

    async amend(claim, document) {
      const { nodeId, epoch, base } = claim;
      const summary = summarize(document, { epoch, sequence: base, savedAt: Date.now(), imported: false });
      const packed = await codec.encode(document, { kind: 'state', nodeId, epoch });
      return (await amend(claim, claim, JSON.stringify(summary), packed)) === 'yes';
    },

    async keepConfiguration(place, text) {
      const packed = await codec.encode(Buffer.from(text), { kind: 'configuration', ...place });
      return (await keep(place, {}, packed)) === 'yes';
    },
  };
}

type Read = Omit<ClaimedEntry, 'claim'> & Pick<QuarantineClaim, 'base'>;
