/**
 * Lua scripts as typed functions: one JSON document in, which the script knows as `ask`, and a reply that is checked.
 * ioredis sends a script’s text only once.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { askRedis } from './redis-errors.js';
import { decode } from './redis-fields.js';

/** What every script is told. */
export interface Ask {
  /** Milliseconds since 1970; negative = the clock of Redis. */
  readonly now: number;
}

/** A clock that says: whatever that of Redis says, which all processes share. */
export const CLOCK_OF_REDIS = (): number => -1;

/** Begins every script that asks for the time. */
export const ASK = `
local ask = cjson.decode(ARGV[1])
local now = ask.now
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

export const list = (words: readonly string[]): string =>
  `{ ${words.map((word) => `'${word}'`).join(', ')} }`;
export const set = (words: readonly string[]): string =>
  `{ ${words.map((word) => `${word} = true`).join(', ')} }`;

export const yesOrNo = z.literal([0, 1]).transform((value) => value === 1);

export type Send<A> = (keys: readonly string[], ask: A) => Promise<unknown>;

/** Half characters, which JSON can bear and Redis’ reader of it cannot, become U+FFFD; `\\ud…` is how JSON writes them. */
function jsonOf(ask: unknown): string {
  const text = JSON.stringify(ask);
  if (!text.includes(String.raw`\ud`)) return text;
  return JSON.stringify(ask, (_name, value: unknown) =>
    typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\u{FFFD}') : value,
  );
}

/** Registers scripts with one client. Calls throw REDIS_UNAVAILABLE, RECORD_UNREADABLE. */
export function scriptsOn(redis: Redis) {
  return {
    send<A>(name: string, lua: string): Send<A> {
      redis.defineCommand(name, { lua });
      const command: unknown = Reflect.get(redis, name);
      if (typeof command !== 'function') throw new TypeError(`ioredis did not define ${name}`);
      return async (keys, ask) =>
        askRedis(keys[0] ?? name, async (): Promise<unknown> => {
          return Reflect.apply(command, redis, [keys.length, ...keys, jsonOf(ask)]);
        });
    },

    read:
      <S extends z.ZodType, A>(reply: S, script: Send<A>) =>
      async (keys: readonly string[], ask: A): Promise<z.output<S>> =>
        decode(reply, await script(keys, ask), keys[0] ?? 'reply'),
  };
}
