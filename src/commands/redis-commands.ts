/** Commands to nodes on Redis: every write is one script, with its line in the node’s history. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';
import { nodeKey } from '../node/keys.js';
import { parseInput } from '../node/problems.js';
import { nodeRequestSchema } from '../node/request.js';
import { askRedis } from '../redis-errors.js';
import { decode, fieldsOf, json, wholeNumber } from '../redis-fields.js';
import { CLOCK_OF_REDIS, scriptsOn, yesOrNo } from '../redis-scripts.js';
import type { Retention } from '../store/context.js';
import { type Command, type Commands, OUTCOMES } from './commands.js';
import { commandsKey, EXPIRING_COMMANDS_KEY, waitingKey } from './keys.js';
import { ACKNOWLEDGE, type AcknowledgeAsk } from './scripts/acknowledge.js';
import { ASK_COMMAND, type AskAsk } from './scripts/ask.js';
import { DELIVER, type DeliverAsk } from './scripts/deliver.js';
import { EXPIRE, type ExpireAsk } from './scripts/expire.js';
import { COMMAND_FIELDS } from './scripts/prelude.js';
import { commandId, commandName, commandPayload, MAX_MESSAGE } from './wish.js';

export interface RedisCommandsOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  /** As the store’s, whose history it writes. */
  readonly retention: Retention;
  /** Milliseconds since 1970. Default: the clock of Redis, which all processes share. */
  readonly clock?: () => number;
}

/** How many may wait for one node. */
const MOST_WAITING = 100;

const nodeId = nodeRequestSchema.shape.id.unwrap();
const limitSchema = z.int().min(1).max(1_000);
const duration = z.int().min(1);
const messageSchema = z.string().max(MAX_MESSAGE).optional();

const commandReply = z.array(z.string());
const verdict = <const V extends readonly string[]>(...verdicts: V) =>
  z.tuple([z.enum(verdicts), z.string(), commandReply]);
const askReply = verdict('asked', 'unknown-node', 'wrong-state', 'full');
const endReply = verdict('ended', 'unknown-node', 'unknown-command');
const deliverReply = z.tuple([
  z.enum(['delivered', 'unknown-node', 'wrong-state']),
  z.string(),
  z.array(commandReply),
  z.string(),
]);

const empty = z.literal('').transform(() => undefined);
const stored = z.object({
  name: z.string(),
  payload: json(z.json()),
  askedAt: wholeNumber,
  expiresAt: wholeNumber,
  deliveries: wholeNumber,
  deliveredAt: wholeNumber.or(empty),
  endedAt: wholeNumber.or(empty),
  outcome: z.enum([...OUTCOMES, 'expired']).or(empty),
  message: z.string().transform((text) => (text === '' ? undefined : text)),
});

export function createRedisCommands(options: RedisCommandsOptions): Commands {
  const { redis, retention, clock = CLOCK_OF_REDIS } = options;
  const { send, read } = scriptsOn(redis);
  const ask = read(askReply, send<AskAsk>('nodeyardAskCommand', ASK_COMMAND));
  const deliver = read(deliverReply, send<DeliverAsk>('nodeyardDeliver', DELIVER));
  const acknowledge = read(endReply, send<AcknowledgeAsk>('nodeyardAcknowledge', ACKNOWLEDGE));
  const expire = read(yesOrNo, send<ExpireAsk>('nodeyardExpireCommand', EXPIRE));

  const keysOf = (id: string): string[] => {
    const valid = parseInput(nodeId, id, 'nodeId');
    return [nodeKey(valid), commandsKey(valid), waitingKey(valid), EXPIRING_COMMANDS_KEY];
  };

  return {
    async ask(id, { name, payload = null, ttlMs }, { actor, reason }) {
      const [said, state, command] = await ask(keysOf(id), {
        now: clock(),
        actor,
        reason,
        retention,
        name: parseInput(commandName, name, 'name'),
        payload: JSON.stringify(parseInput(commandPayload, payload, 'payload')),
        ttlMs: parseInput(duration, ttlMs, 'ttlMs'),
        most: MOST_WAITING,
      });
      if (said === 'asked') return commandOf(id, command);
      if (said !== 'full') throw refusalOf(id, said, state);
      const message = `${MOST_WAITING} commands wait for node ${id} already`;
      throw new NodeyardError('TOO_MANY_COMMANDS', message);
    },

    async deliver(id, { limit, visibilityMs }) {
      const [said, state, delivered, next] = await deliver(keysOf(id), {
        now: clock(),
        actor: 'node',
        retention,
        limit: parseInput(limitSchema, limit, 'limit'),
        visibilityMs: parseInput(duration, visibilityMs, 'visibilityMs'),
      });
      if (said !== 'delivered') throw refusalOf(id, said, state);
      const commands = delivered.map((each) => commandOf(id, each));
      return { commands, ...(next === '' ? {} : { nextMs: Number(next) }) };
    },

    async acknowledge(id, number, { outcome, message }) {
      const [said, state, command] = await acknowledge(keysOf(id), {
        now: clock(),
        actor: 'node',
        retention,
        number: parseInput(commandId, number, 'id'),
        outcome: parseInput(z.enum(OUTCOMES), outcome, 'outcome'),
        message: parseInput(messageSchema, message, 'message'),
      });
      if (said === 'ended') return commandOf(id, command);
      if (said === 'unknown-node') throw refusalOf(id, said, state);
      throw new NodeyardError('UNKNOWN_COMMAND', `node ${id} has no command ${number}`, { field: 'id' });
    },

    async list(id) {
      const [key = '', commands = ''] = keysOf(id);
      const [known, flat] = await Promise.all([
        askRedis(key, () => redis.exists(key)),
        askRedis(commands, () => redis.hgetall(commands)),
      ]);
      if (known === 0) throw refusalOf(id, 'unknown-node', '');
      const numbers = Object.keys(flat).flatMap((field) =>
        field.endsWith(':name') ? [field.slice(0, -5)] : [],
      );
      return numbers
        .sort((a, b) => Number(a) - Number(b))
        .map((number) =>
          commandOf(id, [number, ...COMMAND_FIELDS.map((name) => flat[`${number}:${name}`] ?? '')]),
        );
    },

    async expired(limit) {
      const most = parseInput(limitSchema, limit, 'limit');
      const places = await askRedis(EXPIRING_COMMANDS_KEY, async () => {
        const now = clock() < 0 ? Number((await redis.time())[0]) * 1_000 : clock();
        return redis.zrangebyscore(EXPIRING_COMMANDS_KEY, '-inf', now, 'LIMIT', 0, most);
      });
      return places.map((place) => {
        const [id = '', number = ''] = place.split(':');
        return { nodeId: id, id: number };
      });
    },

    expire: async ({ nodeId: id, id: number }) =>
      expire(keysOf(id), { now: clock(), actor: 'reconciler', retention, nodeId: id, number }),
  };
}

function commandOf(id: string, [number = '', ...values]: readonly string[]): Command {
  const flat = COMMAND_FIELDS.flatMap((name, index) => [name, values[index] ?? '']);
  const { deliveredAt, endedAt, outcome, message, ...command } = decode(
    stored,
    fieldsOf(flat),
    `${commandsKey(id)} ${number}`,
  );
  return {
    id: number,
    ...command,
    ...(deliveredAt === undefined ? {} : { deliveredAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(message === undefined ? {} : { message }),
  };
}

function refusalOf(id: string, refused: 'unknown-node' | 'wrong-state', state: string): NodeyardError {
  if (refused === 'wrong-state')
    return new NodeyardError('WRONG_STATE', `node ${id} is ${state}: nobody is there to be told anything`);
  return new NodeyardError('UNKNOWN_NODE', `there is no node ${JSON.stringify(id)}`, { field: 'nodeId' });
}
