/** Registers the repository’s scripts with a client and gives each a typed function. */
import type { Redis } from 'ioredis';
import { NodeyardError } from '../errors.js';
import { nodeKey } from '../node/keys.js';
import { askRedis } from '../redis-errors.js';
import {
  configurationKey,
  QUARANTINES_KEY,
  quarantineKey,
  STATES_KEY,
  stateKey,
  UNATTENDED_QUARANTINES_KEY,
  versionsKey,
} from './keys.js';
import { CLOSE_QUARANTINE } from './scripts/close-quarantine.js';
import { SAVE_CONFIGURATION } from './scripts/configuration.js';
import { REMOVE } from './scripts/remove.js';
import { REPLACE } from './scripts/replace.js';
import { SAVE } from './scripts/save.js';
import type { StoredSummary } from './summary.js';

/** A document as it goes into Redis. */
export interface Packed {
  readonly summary: StoredSummary;
  readonly document: Buffer;
}

type Argument = string | number | Buffer;
type Send<V extends string> = (keys: readonly string[], values: readonly Argument[]) => Promise<V>;

export type StateScripts = ReturnType<typeof registerScripts>;

export function registerScripts(redis: Redis, keptVersions: number) {
  const register = <const V extends readonly string[]>(
    name: string,
    lua: string,
    verdicts: V,
  ): Send<V[number]> => {
    redis.defineCommand(name, { lua });
    const command: unknown = Reflect.get(redis, name);
    if (typeof command !== 'function') throw new TypeError(`ioredis did not define ${name}`);
    return async (keys, values) => {
      const reply: unknown = await askRedis(
        keys[0] ?? 'a state',
        async (): Promise<unknown> => Reflect.apply(command, redis, [keys.length, ...keys, ...values]),
      );
      const verdict = verdicts.find((known) => known === reply);
      if (verdict === undefined)
        throw new NodeyardError('RECORD_UNREADABLE', `${name} answered ${String(reply)}`);
      return verdict;
    };
  };
  const save = register('nodeyardSaveState', SAVE, ['canonical', 'quarantined', 'superseded']);
  const replace = register('nodeyardReplaceState', REPLACE, [
    'replaced',
    'unknown-node',
    'destroyed',
    'lease-held',
    'moved',
  ]);
  const remove = register('nodeyardRemoveState', REMOVE, ['removed', 'stale', 'not-empty']);
  const configure = register('nodeyardSaveConfiguration', SAVE_CONFIGURATION, ['stored', 'stale', 'ahead']);
  const close = register('nodeyardCloseQuarantine', CLOSE_QUARANTINE, ['closed', 'changed', 'unknown']);

  return {
    save: (id: string, { summary, document }: Packed) =>
      save(
        [
          nodeKey(id),
          stateKey(id),
          versionsKey(id),
          quarantineKey(id),
          STATES_KEY,
          QUARANTINES_KEY,
          UNATTENDED_QUARANTINES_KEY,
        ],
        [
          id,
          summary.epoch,
          summary.sequence,
          summary.resources,
          summary.savedAt,
          keptVersions,
          JSON.stringify(summary),
          document,
        ],
      ),
    replace: (id: string, { summary, document }: Packed) =>
      replace(
        [nodeKey(id), stateKey(id), versionsKey(id), STATES_KEY],
        [id, summary.epoch, keptVersions, JSON.stringify(summary), document],
      ),
    remove: (id: string, epoch: number) =>
      remove([nodeKey(id), stateKey(id), versionsKey(id), configurationKey(id), STATES_KEY], [id, epoch]),
    saveConfiguration: (id: string, epoch: number, text: Buffer) =>
      configure([nodeKey(id), configurationKey(id)], [epoch, text]),
    closeQuarantine: (id: string, epoch: number, sha256 = '') =>
      close([quarantineKey(id), QUARANTINES_KEY, UNATTENDED_QUARANTINES_KEY], [id, epoch, sha256]),
  };
}
