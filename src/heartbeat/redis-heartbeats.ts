/** Heartbeats on Redis. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';
import { nodeKey } from '../node/keys.js';
import { NODE_STATES } from '../node/lifecycle.js';
import { parseInput } from '../node/problems.js';
import { nodeRequestSchema } from '../node/request.js';
import { askRedis } from '../redis-errors.js';
import { decode, json, wholeNumber } from '../redis-fields.js';
import { CLOCK_OF_REDIS, scriptsOn, yesOrNo } from '../redis-scripts.js';
import type { Heard, Heartbeats, Standing } from './heartbeats.js';
import { heartbeatKey, LISTENING_KEY, WATCHED_KEY } from './keys.js';
import { loadSchema } from './load.js';
import { BEAT, type BeatAsk } from './scripts/beat.js';
import { EXPECT, type ExpectAsk } from './scripts/expect.js';
import { LISTENING, type ListeningAsk } from './scripts/listening.js';
import { SILENT, type SilentAsk } from './scripts/silent.js';

export interface RedisHeartbeatsOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** Milliseconds since 1970. Default: the clock of Redis, which all processes share. */
  readonly clock?: () => number;
}

/** Looked at for a batch of late nodes: after a gap many are past their time and not late yet. */
const LOOK = 5_000;

const nodeId = nodeRequestSchema.shape.id.unwrap();
const limitSchema = z.int().min(1).max(1_000);
const duration = z.int().min(1);

const word = z.string();
const count = z.number();
const beatReply = z.tuple([z.enum(['heard', 'unknown-node', 'wrong-state']), word, word, word, word, word]);
const silentReply = z.tuple([count, count, z.array(z.tuple([word, count, count, word]))]);

const state = z.enum(NODE_STATES);
const failure = json(z.object({ code: z.enum(ERROR_CODES).catch('UNKNOWN') }));
const seen = wholeNumber.nullable();
const load = json(loadSchema).nullable();

export function createRedisHeartbeats({ redis, clock = CLOCK_OF_REDIS }: RedisHeartbeatsOptions): Heartbeats {
  const { send, read } = scriptsOn(redis);
  const beat = read(beatReply, send<BeatAsk>('nodeyardBeat', BEAT));
  const expect = read(yesOrNo, send<ExpectAsk>('nodeyardExpect', EXPECT));
  const listening = read(yesOrNo, send<ListeningAsk>('nodeyardListening', LISTENING));
  const silent = read(silentReply, send<SilentAsk>('nodeyardSilent', SILENT));

  const getAll = async (ids: readonly string[]): Promise<readonly (Heard | undefined)[]> => {
    const keys = ids.map((id) => heartbeatKey(checkId(id)));
    const found = await askRedis(keys[0] ?? 'heartbeats', () =>
      Promise.all(keys.map((key) => redis.hmget(key, 'seen', 'load', 'limitMs'))),
    );
    return found.map((fields, index) => heardOf(keys[index] ?? '', fields));
  };

  return {
    async beat(id, heartbeat) {
      const keys = [nodeKey(checkId(id)), heartbeatKey(id), WATCHED_KEY];
      const given = parseInput(loadSchema, heartbeat.load, 'load');
      const [verdict, ...fields] = await beat(keys, {
        now: clock(),
        nodeId: id,
        load: JSON.stringify(given),
        connections: given.connections,
        silenceMs: parseInput(duration, heartbeat.silenceMs, 'silenceMs'),
      });
      switch (verdict) {
        case 'unknown-node':
          return { refused: verdict };
        case 'wrong-state':
          return { refused: verdict, state: decode(state, fields[0], nodeKey(id)) };
        case 'heard':
          return { standing: standingOf(nodeKey(id), fields) };
      }
    },

    async expect(id, promised) {
      const { startMs, silenceMs, configures } = promised ?? {};
      await expect([nodeKey(checkId(id)), heartbeatKey(id)], {
        now: clock(),
        promised: {
          ...(startMs === undefined ? {} : { limitMs: String(parseInput(duration, startMs, 'startMs')) }),
          ...(silenceMs === undefined
            ? {}
            : { silenceMs: String(parseInput(duration, silenceMs, 'silenceMs')) }),
          ...(configures === false ? { configures: '0' } : {}),
        },
      });
    },

    get: async (id) => (await getAll([id]))[0],
    getAll,

    async listening(gapMs) {
      await listening([LISTENING_KEY], { now: clock(), gapMs: parseInput(duration, gapMs, 'gapMs') });
    },

    async silent(limit) {
      const keys = [WATCHED_KEY, LISTENING_KEY];
      const most = parseInput(limitSchema, limit, 'limit');
      const [watched, late, nodes] = await silent(keys, { now: clock(), limit: most, look: LOOK });
      return {
        watched,
        late,
        nodes: nodes.map(([id, silentMs, limitMs, lastSeen]) => ({
          nodeId: id,
          silentMs,
          limitMs,
          ...(lastSeen === '' ? {} : { lastSeenAt: Number(lastSeen) }),
        })),
      };
    },
  };
}

const checkId = (value: unknown): string => parseInput(nodeId, value, 'nodeId');

function standingOf(key: string, [now, epoch, failed, from, configures]: readonly string[]): Standing {
  return {
    state: decode(state, now, key),
    epoch: decode(wholeNumber, epoch, key),
    configures: configures !== '0',
    ...(failed === '' || from === ''
      ? {}
      : { failure: { code: decode(failure, failed, key).code, from: decode(state, from, key) } }),
  };
}

function heardOf(
  key: string,
  [seenField, loadField, limitMs]: readonly (string | null)[],
): Heard | undefined {
  const lastSeenAt = decode(seen, seenField ?? null, key);
  if (lastSeenAt === null) return limitMs == null ? undefined : { load: {} };
  return { lastSeenAt, load: decode(load, loadField ?? null, key) ?? {} };
}
