/** Reads of nodes: one, a page of them, how many, and those that nobody attends to. */
import { NodeyardError } from '../errors.js';
import { nodeKey } from '../node/keys.js';
import { isTerminal, NODE_STATES, type NodeState } from '../node/lifecycle.js';
import type { NodeRecord } from '../node/record.js';
import { NODE_ID } from '../node/request.js';
import { askRedis } from '../redis-errors.js';
import type { GlanceRow, PackedRecord } from './commands.js';
import type { StoreContext } from './context.js';
import { checkCursor, checkDuration, checkId, checkName, checkPageLimit, checkState } from './input.js';
import {
  EXPIRIES_KEY,
  FAILED_DESTROYS_KEY,
  FAILED_DESTROYS_SINCE_KEY,
  indexKey,
  requestKey,
  STATE_TIMES_KEY,
  sinceKey,
  TOMBSTONES_KEY,
  UNATTENDED_KEY,
  UNWARNED_KEY,
} from './keys.js';
import { decodePacked, decodeRecord } from './record-codec.js';
import { decodeStateTimes } from './state-times.js';
import type { Glance, NodeFilter, NodeStore } from './store.js';

const DEFAULT_LIMIT = 100;

/** Records that one script reads: Redis serves nobody else meanwhile. */
const AT_ONCE = 500;

/** Looked at for a batch of overdue nodes: the runs of a fleet’s workers, which hold leases, must not hide the others. */
const OVERDUE_LOOK = 5_000;

/** Bounds the cost of asking how often destructions have failed. */
const FAILED_LOOK = 1_000;

type Reads = Pick<
  NodeStore,
  | 'get'
  | 'getMany'
  | 'findByRequestId'
  | 'list'
  | 'counts'
  | 'ages'
  | 'stateTimes'
  | 'glances'
  | 'stranded'
  | 'overdue'
  | 'expired'
  | 'expiring'
  | 'destroysToRetry'
  | 'failedDestroys'
  | 'countTombstones'
>;

export function recordReads({ redis, scripts, log, clock }: StoreContext): Reads {
  const get = async (id: string): Promise<NodeRecord | undefined> => {
    const key = nodeKey(checkId(id));
    const fields = await askRedis(key, () => redis.hgetall(key));
    return Object.keys(fields).length === 0 ? undefined : decodeRecord(key, fields);
  };

  /** One record that cannot be read must not hide the others; it is named instead. */
  const decodeAll = (found: readonly PackedRecord[]): { nodes: NodeRecord[]; unreadable: string[] } => {
    const nodes: NodeRecord[] = [];
    const unreadable: string[] = [];
    for (const [id, packed] of found) {
      try {
        nodes.push(decodePacked(nodeKey(id), packed));
      } catch (error) {
        if (!(error instanceof NodeyardError)) throw error;
        log.error({ nodeId: id, error: error.message }, 'a record cannot be read');
        unreadable.push(id);
      }
    }
    return { nodes, unreadable };
  };

  const due = async (key: string, limit: number, withinMs = 0): Promise<readonly NodeRecord[]> => {
    const ask = { now: clock(), limit: checkPageLimit(limit), olderThanMs: -withinMs, skip: 0 };
    return decodeAll(await scripts.due([key], ask)).nodes;
  };

  return {
    get,

    async getMany(ids) {
      const wanted = ids.filter((id) => NODE_ID.test(id));
      const found: PackedRecord[] = [];
      for (let begin = 0; begin < wanted.length; begin += AT_ONCE) {
        const chunk = wanted.slice(begin, begin + AT_ONCE);
        found.push(...(await scripts.getMany([nodeKey(chunk[0] ?? '')], { now: clock(), ids: chunk })));
      }
      const { nodes, unreadable } = decodeAll(found);
      return { nodes: new Map(nodes.map((node) => [node.id, node])), unreadable };
    },

    async findByRequestId(requestId) {
      const key = requestKey(checkName(requestId, 'requestId'));
      const id = await askRedis(key, () => redis.get(key));
      return id === null ? undefined : get(id);
    },

    async list(filter, { cursor, limit = DEFAULT_LIMIT } = {}) {
      const ask = {
        now: clock(),
        after: cursor === undefined ? '0' : checkCursor(cursor),
        limit: checkPageLimit(limit),
      };
      const indexes = indexesOf(filter);
      if (indexes.length === 0) return { nodes: [] };
      const [next, found] = await scripts.list(indexes, ask);
      const { nodes, unreadable } = decodeAll(found);
      return {
        nodes,
        ...(next === '' ? {} : { cursor: next }),
        ...(unreadable.length === 0 ? {} : { unreadable }),
      };
    },

    async glances(group) {
      const name = checkName(group, 'group');
      const live = NODE_STATES.filter((state) => !isTerminal(state));
      const [now, ids] = await scripts.members(
        live.map((state) => indexKey({ state, group: name })),
        { now: clock() },
      );
      const nodes: Glance[] = [];
      for (let begin = 0; begin < ids.length; begin += AT_ONCE) {
        const chunk = ids.slice(begin, begin + AT_ONCE);
        const rows = await scripts.glance([nodeKey(chunk[0] ?? '')], { now, ids: chunk });
        nodes.push(...rows.filter(([, , state]) => !isTerminal(state)).map(glanceOf));
      }
      return { now, nodes };
    },

    async counts({ group, role } = {}) {
      if (group !== undefined) checkName(group, 'group');
      if (role !== undefined) checkName(role, 'role');
      const indexes = NODE_STATES.map((state) => indexKey({ state, group, role }));
      const counted = await scripts.counts(indexes, {});
      const pairs = NODE_STATES.map((state, i): [NodeState, number] => [state, counted[i] ?? 0]);
      return Object.fromEntries(pairs) as Record<NodeState, number>;
    },

    async ages(olderThanMs) {
      const states = NODE_STATES.filter((state) => !isTerminal(state));
      const bounds = olderThanMs.map((ms) => checkDuration(ms, 'olderThanMs'));
      const rows = await scripts.ages(states.map(sinceKey), { now: clock(), olderThanMs: bounds });
      return new Map(
        states.map((state, i) => {
          const [oldestMs = 0, ...older] = rows[i] ?? [];
          return [state, { oldestMs, older }];
        }),
      );
    },

    async stateTimes() {
      return decodeStateTimes(await askRedis(STATE_TIMES_KEY, () => redis.hgetall(STATE_TIMES_KEY)));
    },

    async stranded(limit, { olderThanMs = 0, skip = 0 } = {}) {
      const found = await scripts.due([UNATTENDED_KEY], {
        now: clock(),
        limit: checkPageLimit(limit),
        olderThanMs: checkDuration(olderThanMs, 'olderThanMs'),
        skip: checkDuration(skip, 'skip'),
      });
      return decodeAll(found).nodes;
    },

    async overdue(state, olderThanMs, limit) {
      const found = await scripts.overdue([sinceKey(checkState(state))], {
        now: clock(),
        olderThanMs: checkDuration(olderThanMs, 'olderThanMs'),
        limit: checkPageLimit(limit),
        look: OVERDUE_LOOK,
      });
      return decodeAll(found).nodes;
    },

    expired: (limit) => due(EXPIRIES_KEY, limit),
    expiring: (limit, withinMs) => due(UNWARNED_KEY, limit, checkDuration(withinMs, 'withinMs')),
    destroysToRetry: (limit) => due(FAILED_DESTROYS_KEY, limit),

    async failedDestroys() {
      const ask = { now: clock(), look: FAILED_LOOK };
      const [count, oldestMs, mostFailures] = await scripts.failedDestroys([FAILED_DESTROYS_SINCE_KEY], ask);
      return { count, oldestMs, mostFailures };
    },

    async countTombstones(olderThanMs) {
      const age = checkDuration(olderThanMs, 'olderThanMs');
      return askRedis(TOMBSTONES_KEY, async () => {
        const now = clock() < 0 ? Number((await redis.time())[0]) * 1_000 : clock();
        return redis.zcount(TOMBSTONES_KEY, '-inf', now - age);
      });
    },
  };
}

function indexesOf({ state, group, role }: NodeFilter): string[] {
  const names = {
    group: group === undefined ? undefined : checkName(group, 'group'),
    role: role === undefined ? undefined : checkName(role, 'role'),
  };
  if (state === undefined) return [indexKey(names)];
  const states = new Set(typeof state === 'string' ? [state] : state);
  return [...states].map((each) => indexKey({ ...names, state: checkState(each) }));
}

const FAILED_OPERATIONS = ['create', 'destroy', 'health', 'timeout'] as const;

function glanceOf([id, role, state, since, createdAt, doomed, operation]: GlanceRow): Glance {
  const failed = state === 'FAILED' ? FAILED_OPERATIONS.find((each) => each === operation) : undefined;
  return {
    id,
    role,
    state,
    since,
    createdAt,
    doomed: doomed === '1',
    ...(failed === undefined ? {} : { failed }),
  };
}
