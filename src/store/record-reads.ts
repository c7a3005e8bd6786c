/** Reads of nodes: one, a page of them, how many, and those that nobody attends to. */
import { NodeyardError } from '../errors.js';
import { nodeKey } from '../node/keys.js';
import { NODE_STATES, type NodeState } from '../node/lifecycle.js';
import type { NodeRecord } from '../node/record.js';
import { askRedis } from '../redis-errors.js';
import type { FlatRecord } from './commands.js';
import type { StoreContext } from './context.js';
import { checkCursor, checkDuration, checkId, checkName, checkPageLimit, checkState } from './input.js';
import { indexKey, requestKey, UNATTENDED_KEY } from './keys.js';
import { decodeFlat, decodeRecord } from './record-codec.js';
import type { NodeFilter, NodeStore } from './store.js';

const DEFAULT_LIMIT = 100;

type Reads = Pick<NodeStore, 'get' | 'findByRequestId' | 'list' | 'counts' | 'stranded'>;

export function recordReads({ redis, scripts, log, clock }: StoreContext): Reads {
  const get = async (id: string): Promise<NodeRecord | undefined> => {
    const key = nodeKey(checkId(id));
    const fields = await askRedis(key, () => redis.hgetall(key));
    return Object.keys(fields).length === 0 ? undefined : decodeRecord(key, fields);
  };

  /** One record that cannot be read must not hide the others; it is named instead. */
  const decodeAll = (found: readonly FlatRecord[]): { nodes: NodeRecord[]; unreadable: string[] } => {
    const nodes: NodeRecord[] = [];
    const unreadable: string[] = [];
    for (const [id, flat] of found) {
      try {
        nodes.push(decodeFlat(nodeKey(id), flat));
      } catch (error) {
        if (!(error instanceof NodeyardError)) throw error;
        log.error({ nodeId: id, error: error.message }, 'a record cannot be read');
        unreadable.push(id);
      }
    }
    return { nodes, unreadable };
  };

  return {
    get,

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

    async counts() {
      const indexes = NODE_STATES.map((state) => indexKey({ state }));
      const counted = await scripts.counts(indexes, {});
      const pairs = NODE_STATES.map((state, i): [NodeState, number] => [state, counted[i] ?? 0]);
      return Object.fromEntries(pairs) as Record<NodeState, number>;
    },

    async stranded(limit, { olderThanMs = 0, skip = 0 } = {}) {
      const found = await scripts.stranded([UNATTENDED_KEY], {
        now: clock(),
        limit: checkPageLimit(limit),
        olderThanMs: checkDuration(olderThanMs, 'olderThanMs'),
        skip: checkDuration(skip, 'skip'),
      });
      return decodeAll(found).nodes;
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
