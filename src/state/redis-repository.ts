/** The state repository on Redis: atomic by scripts, fenced by the node’s record, documents packed by the codec. */
import type { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';
import { FENCE_FIELDS, nodeKey } from '../node/keys.js';
import { askRedis } from '../redis-errors.js';
import { type Binding, Codec } from './codec.js';
import { registerScripts, type StateScripts } from './commands.js';
import { checkId, checkNumber } from './input.js';
import {
  configurationKey,
  DOCUMENT_FIELD,
  QUARANTINES_KEY,
  quarantineKey,
  STATES_KEY,
  SUMMARY_FIELD,
  stateKey,
  versionsKey,
} from './keys.js';
import { aheadOf, refusedImport } from './refusals.js';
import type {
  SaveRequest,
  SaveResult,
  StatePage,
  StateRepository,
  StateSummary,
  StoredState,
} from './repository.js';
import { readSummary, sha256Of, summarize } from './summary.js';

export interface RedisStateRepositoryOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** 32 bytes each: the first encrypts, all decrypt; none = documents are stored plain. */
  readonly keys?: readonly Uint8Array[];
  /** How many earlier runs’ documents are kept for each node. */
  readonly keptVersions: number;
  readonly now?: () => number;
}

/** Throws CONFIG_INVALID for a key of the wrong length. */
export function createRedisStateRepository(options: RedisStateRepositoryOptions): StateRepository {
  return new RedisStateRepository(options);
}

const MAX_PAGE = 1_000;
/** How often an import looks again when runs come and go meanwhile. */
const REPLACE_TRIES = 5;

class RedisStateRepository implements StateRepository {
  readonly #redis: Redis;
  readonly #codec: Codec;
  readonly #scripts: StateScripts;
  readonly #now: () => number;

  constructor({ redis, keys = [], keptVersions, now = Date.now }: RedisStateRepositoryOptions) {
    this.#redis = redis;
    this.#codec = new Codec(keys);
    this.#scripts = registerScripts(redis, keptVersions);
    this.#now = now;
  }

  async load(nodeId: string): Promise<StoredState | undefined> {
    checkId(nodeId);
    return this.#read(nodeId, stateKey(nodeId), ['summary', 'document']);
  }

  async summary(nodeId: string): Promise<StateSummary | undefined> {
    checkId(nodeId);
    const [found] = await this.#summaries([[nodeId, stateKey(nodeId), 'summary']]);
    return found;
  }

  async loadVersion(nodeId: string, epoch: number): Promise<StoredState | undefined> {
    checkId(nodeId);
    return this.#read(nodeId, versionsKey(nodeId), fieldsOf(epoch));
  }

  async loadQuarantined(nodeId: string, epoch: number): Promise<StoredState | undefined> {
    checkId(nodeId);
    return this.#read(nodeId, quarantineKey(nodeId), fieldsOf(epoch));
  }

  async save(nodeId: string, { epoch, sequence, document }: SaveRequest): Promise<SaveResult> {
    checkId(nodeId);
    checkNumber('epoch', epoch, 1);
    checkNumber('sequence', sequence, 0);
    const summary = summarize(document, { epoch, sequence, savedAt: this.#now(), imported: false });
    const packed = await this.#codec.encode(document, { kind: 'state', nodeId, epoch });
    return this.#scripts.save(nodeId, { summary, document: packed });
  }

  async replace(nodeId: string, document: Uint8Array): Promise<StateSummary> {
    checkId(nodeId);
    for (let tries = 0; tries < REPLACE_TRIES; tries += 1) {
      const epoch = Number(
        (await askRedis(nodeKey(nodeId), () => this.#redis.hget(nodeKey(nodeId), FENCE_FIELDS.epoch))) ?? 0,
      );
      const summary = summarize(document, { epoch, sequence: 0, savedAt: this.#now(), imported: true });
      const packed = await this.#codec.encode(document, { kind: 'state', nodeId, epoch });
      const verdict = await this.#scripts.replace(nodeId, { summary, document: packed });
      if (verdict === 'replaced') return readSummary(nodeId, JSON.stringify(summary));
      if (verdict !== 'moved') throw refusedImport(nodeId, verdict);
    }
    throw refusedImport(nodeId, 'lease-held');
  }

  async remove(nodeId: string, epoch: number): Promise<boolean> {
    checkId(nodeId);
    const verdict = await this.#scripts.remove(nodeId, epoch);
    if (verdict === 'not-empty') {
      throw new NodeyardError('NOT_EMPTY', `the state of ${nodeId} still holds resources and is not removed`);
    }
    return verdict === 'removed';
  }

  async list(page: { readonly cursor?: string; readonly limit?: number } = {}): Promise<StatePage> {
    const { cursor, limit = 100 } = page;
    checkNumber('limit', limit, 1, MAX_PAGE);
    if (cursor !== undefined) checkId(cursor, 'cursor');
    const after = cursor === undefined ? '-' : `(${cursor}`;
    const ids = await askRedis(STATES_KEY, () =>
      this.#redis.zrangebylex(STATES_KEY, after, '+', 'LIMIT', 0, limit),
    );
    const states = await this.#summaries(ids.map((id) => [id, stateKey(id), 'summary'] as const));
    const last = ids.length === limit ? ids.at(-1) : undefined;
    return { states, ...(last !== undefined && { cursor: last }) };
  }

  async versions(nodeId: string): Promise<readonly StateSummary[]> {
    checkId(nodeId);
    return (await this.#summariesIn(nodeId, versionsKey(nodeId))).reverse();
  }

  async quarantined(nodeId?: string, limit?: number): Promise<readonly StateSummary[]> {
    if (nodeId !== undefined) {
      checkId(nodeId);
      return this.#summariesIn(nodeId, quarantineKey(nodeId));
    }
    if (limit !== undefined) checkNumber('limit', limit, 1, MAX_PAGE);
    const last = limit === undefined ? '-1' : String(limit - 1);
    const entries = await askRedis(QUARANTINES_KEY, () => this.#redis.zrange(QUARANTINES_KEY, 0, last));
    return this.#summaries(
      entries.map((entry) => {
        const [id = '', epoch = ''] = entry.split(':');
        return [id, quarantineKey(id), `${SUMMARY_FIELD}${epoch}`] as const;
      }),
    );
  }

  async closeQuarantine(nodeId: string, epoch: number, sha256?: string): Promise<boolean> {
    checkId(nodeId);
    return (await this.#scripts.closeQuarantine(nodeId, epoch, sha256)) === 'closed';
  }

  async saveConfiguration(nodeId: string, epoch: number, text: string): Promise<boolean> {
    checkId(nodeId);
    checkNumber('epoch', epoch, 1);
    const packed = await this.#codec.encode(Buffer.from(text), { kind: 'configuration', nodeId, epoch });
    const verdict = await this.#scripts.saveConfiguration(nodeId, epoch, packed);
    if (verdict === 'ahead') throw aheadOf(nodeId, epoch);
    return verdict === 'stored';
  }

  async loadConfiguration(nodeId: string): Promise<string | undefined> {
    checkId(nodeId);
    const fields = await askRedis(configurationKey(nodeId), () =>
      this.#redis.hmgetBuffer(configurationKey(nodeId), 'epoch', 'text'),
    );
    const [epoch, text] = fields;
    if (epoch == null || text == null) return undefined;
    const binding: Binding = { kind: 'configuration', nodeId, epoch: Number(epoch.toString()) };
    return (await this.#codec.decode(text, binding)).toString('utf8');
  }

  async #read(
    nodeId: string,
    key: string,
    fields: readonly [string, string],
  ): Promise<StoredState | undefined> {
    const [text, packed] = await askRedis(key, () => this.#redis.hmgetBuffer(key, ...fields));
    if (text == null || packed == null) return undefined;
    const summary = readSummary(nodeId, text.toString('utf8'));
    const document = await this.#codec.decode(packed, { kind: 'state', nodeId, epoch: summary.epoch });
    if (sha256Of(document) !== summary.sha256) {
      throw new NodeyardError(
        'STATE_UNREADABLE',
        `the stored state of ${nodeId} is not the one that was saved`,
      );
    }
    return { ...summary, document };
  }

  /** Of a hash that keeps one document per epoch, by epoch. */
  async #summariesIn(nodeId: string, key: string): Promise<StateSummary[]> {
    const fields = await askRedis(key, () => this.#redis.hkeys(key));
    const own = fields.filter((field) => field.startsWith(SUMMARY_FIELD));
    const summaries = await this.#summaries(own.map((field) => [nodeId, key, field] as const));
    return summaries.sort((a, b) => a.epoch - b.epoch);
  }

  /** One that was removed meanwhile is left out. */
  async #summaries(
    places: readonly (readonly [nodeId: string, key: string, field: string])[],
  ): Promise<StateSummary[]> {
    const texts = await askRedis(places[0]?.[1] ?? STATES_KEY, () =>
      Promise.all(places.map(([, key, field]) => this.#redis.hget(key, field))),
    );
    return places.flatMap(([nodeId], index) => {
      const text = texts[index];
      return text == null ? [] : [readSummary(nodeId, text)];
    });
  }
}

const fieldsOf = (epoch: number): [string, string] => [
  `${SUMMARY_FIELD}${epoch}`,
  `${DOCUMENT_FIELD}${epoch}`,
];
