/**
 * Routing on Redis. The order of a role’s nodes is made at most once a second in each process, by one script over all of them; every answer asks
 * Redis about the few nodes that it names, in one script, and names only those that are INSERVICE there and then.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { roleDefaults } from '../groups/config.js';
import type { Group, Groups } from '../groups/groups.js';
import { type Load, loadSchema } from '../heartbeat/load.js';
import { nodeKey } from '../node/keys.js';
import { parseInput } from '../node/problems.js';
import { nodeRequestSchema } from '../node/request.js';
import { decode, json } from '../redis-fields.js';
import { CLOCK_OF_REDIS, scriptsOn } from '../redis-scripts.js';
import { indexKey } from '../store/keys.js';
import { HandedOut } from './handed-out.js';
import { Order } from './order.js';
import { MOST_ROUTED, type Route, type RoutedNode, type Routing } from './routing.js';
import { isFull, type Rules, rulesOf } from './rules.js';
import { CONFIRM, type ConfirmAsk } from './scripts/confirm.js';
import { SURVEY, type SurveyAsk } from './scripts/survey.js';
import { unknownRole, whyFewer } from './words.js';

export interface RedisRoutingOptions {
  /** Given by the caller and closed by the caller. */
  readonly redis: Redis;
  readonly groups: Pick<Groups, 'get'>;
  /** Milliseconds since 1970. Default: the clock of Redis, which all processes share. */
  readonly clock?: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonic?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** How old an order may be. */
const FRESH_MS = 1_000;
/** How soon a role that had nobody to offer is looked at again. */
const AGAIN_MS = 100;
/** A role has at most 1,024 by itself, and more only by hand. */
const MOST_NODES = 4_096;
/** Orders that are kept at once. */
const MOST_ROLES = 1_000;

const name = nodeRequestSchema.shape.group;
const countSchema = z.int().min(1).max(MOST_ROUTED);
const word = z.string();
const time = z.number();
const surveyReply = z.tuple([time, z.number(), z.array(z.tuple([word, word, word, word]))]);
const confirmReply = z.tuple([time, z.array(z.tuple([word, word, word, word, word]))]);
const outputsField = json(z.record(z.string(), z.unknown()));
const loadField = json(loadSchema);

/** The nodes of a role as they were seen. */
interface Look {
  readonly order: Order;
  readonly rules: Rules;
  /** By the clock that never jumps. */
  readonly at: number;
  /** By that of Redis. */
  readonly now: number;
  /** Its group is being deleted. */
  readonly isEnding: boolean;
}

interface Role {
  readonly handed: HandedOut;
  look?: Look;
  /** On its way; all who ask meanwhile wait for the same. */
  looking?: Promise<Look>;
}

export function createRedisRouting({
  redis,
  groups,
  clock = CLOCK_OF_REDIS,
  monotonic = () => performance.now(),
  random = Math.random,
}: RedisRoutingOptions): Routing {
  const { send, read } = scriptsOn(redis);
  const survey = read(surveyReply, send<SurveyAsk>('nodeyardRoutingSurvey', SURVEY));
  const confirm = read(confirmReply, send<ConfirmAsk>('nodeyardRoutingConfirm', CONFIRM));
  const roles = new Map<string, Role>();

  const see = async (group: string, role: string, handed: HandedOut): Promise<Look> => {
    const keys = [indexKey({ state: 'INSERVICE', group, role }), indexKey({ group, role })];
    const [config, [now, known, rows]] = await Promise.all([
      groups.get(group),
      survey(keys, { now: clock(), most: MOST_NODES }),
    ]);
    const settings = settingsOf(config, role);
    if (settings === undefined && known === 0) throw unknownRole(group, role, config !== undefined);
    const rules = rulesOf(settings ?? roleDefaults());
    const standings = rows.map(([id, ...said]) => {
      const { heardAt, ...heard } = heardOf(said, now);
      return { id, ...heard, handed: handed.unsettled(id, now, heardAt) };
    });
    handed.keep(new Set(standings.map(({ id }) => id)));
    const order = new Order(rules, standings, random);
    return { order, rules, at: monotonic(), now, isEnding: config?.deletedAt !== undefined };
  };

  const lookAt = async (
    group: string,
    role: string,
    maxAgeMs: number,
  ): Promise<Look & Pick<Role, 'handed'>> => {
    const key = `${group}:${role}`;
    const kept = roles.get(key) ?? { handed: new HandedOut() };
    const { handed } = kept;
    if (kept.look !== undefined && monotonic() - kept.look.at < maxAgeMs) return { ...kept.look, handed };
    kept.looking ??= see(group, role, handed).finally(() => {
      delete kept.looking;
    });
    const look = await kept.looking;
    kept.look = look;
    // The newest last, so that the first is the one that nobody has asked about for the longest time.
    roles.delete(key);
    roles.set(key, kept);
    const [oldest] = roles.keys();
    if (roles.size > MOST_ROLES && oldest !== undefined) roles.delete(oldest);
    return { ...look, handed };
  };

  return {
    async route(groupName, roleName, wanted) {
      const group = parseInput(name, groupName, 'group');
      const role = parseInput(name, roleName, 'role');
      const count = parseInput(countSchema, wanted, 'count');
      const nodes: RoutedNode[] = [];
      let look = await lookAt(group, role, FRESH_MS);
      for (let round = 0; nodes.length < count && !look.isEnding; round += 1) {
        // More at once each time, in case many have left since the order was made.
        const want = Math.max(count - nodes.length, round === 0 ? 0 : 2 ** Math.min(round, 8));
        const ids = look.order.take(want, new Set(nodes.map(({ id }) => id)));
        if (ids.length === 0) {
          const newer = await lookAt(group, role, AGAIN_MS);
          if (newer.at === look.at) break;
          look = newer;
          continue;
        }
        nodes.push(...(await offered(look, ids, { group, role, count: count - nodes.length })));
      }
      return { group, role, nodes, ...whyFewer(nodes.length, count, look) } satisfies Route;
    },
  };

  /** Those of the taken nodes that may be answered; the others are given back. */
  async function offered(
    { order, rules, handed, now: seenAt, at }: Awaited<ReturnType<typeof lookAt>>,
    ids: readonly string[],
    { group, role, count }: { readonly group: string; readonly role: string; readonly count: number },
  ): Promise<readonly RoutedNode[]> {
    const about = seenAt + (monotonic() - at);
    for (const id of ids) handed.note(id, about);
    const [now, rows] = await confirm([indexKey({ state: 'INSERVICE', group, role })], {
      now: clock(),
      ids,
      group,
      role,
    });
    const there = new Map(rows.map(([id, ...rest]) => [id, rest]));
    const nodes: RoutedNode[] = [];
    for (const id of ids) {
      const row = there.get(id);
      if (row === undefined) {
        handed.takeBack(id);
        order.drop(id);
        continue;
      }
      const node = routedNode(id, row, rules, now);
      // Full, or silent, only since the order was made: others first.
      const isWorse = isFull(rules, node.load) || (node.isSilent && !order.isSilent(id));
      if (!isWorse && nodes.length < count) {
        nodes.push(node);
        continue;
      }
      handed.takeBack(id);
      order.giveBack(id);
      if (isWorse) order.amend(id, node);
    }
    return nodes;
  }
}

/** Undefined where nobody has said anything of the role. */
function settingsOf(group: Group | undefined, role: string) {
  return group !== undefined && Object.hasOwn(group.config.roles, role)
    ? group.config.roles[role]
    : undefined;
}

/** Of `seen`, `load`, `limitMs` as they stand in a heartbeat. What cannot be read is not known: one broken record must not stop all. */
function heardOf(
  [seen = '', load = '', limitMs = '']: readonly string[],
  now: number,
): { readonly load: Load; readonly heardAt?: number; readonly isSilent: boolean } {
  if (seen === '') return { load: {}, isSilent: false };
  const heardAt = Number(seen);
  const said = loadField.safeParse(load);
  const isSilent = limitMs !== '' && now - heardAt > Number(limitMs) / 2;
  return { load: said.success ? said.data : {}, heardAt, isSilent };
}

function routedNode(
  id: string,
  [outputs = '', ...said]: readonly string[],
  { rank }: Rules,
  now: number,
): RoutedNode {
  const heard = heardOf(said, now);
  return {
    id,
    outputs: outputs === '' ? {} : decode(outputsField, outputs, nodeKey(id)),
    ranking: rank(heard.load) ?? null,
    ...heard,
  };
}
