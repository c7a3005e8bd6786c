/** Writes of nodes, besides their leases. */
import { NodeyardError } from '../errors.js';
import { nodeKey } from '../node/keys.js';
import type { StoreContext } from './context.js';
import { checkCount, checkDuration, checkId, checkName, checkPurgeLimit } from './input.js';
import { TOMBSTONES_KEY } from './keys.js';
import { FIRST_STATE, mayRequest, retrySourcesOf } from './lifecycle-arguments.js';
import { decodeFlat, encodePatch, encodeRequest } from './record-codec.js';
import { hashRequest } from './request-hash.js';
import type { IdentifiedRequest, NodeStore, TransitionResult } from './store.js';
import { boundOptional } from './text-bounds.js';
import { transitionDetails } from './transition-details.js';

type Writes = Pick<
  NodeStore,
  | 'create'
  | 'transition'
  | 'requestRetry'
  | 'patch'
  | 'note'
  | 'attend'
  | 'nextGeneration'
  | 'warnOfExpiry'
  | 'raiseAlarm'
  | 'purgeTombstones'
>;

export function recordWrites({ scripts, clock, retention, destroyRetry }: StoreContext): Writes {
  return {
    async create(request, { actor, reason, fences }) {
      const key = nodeKey(checkRequest(request));
      if (!mayRequest(actor))
        throw new NodeyardError('INVALID_INPUT', `actor: ${actor} may not request a node`, {
          field: 'actor',
        });
      const [verdict, flat] = await scripts.create([key], {
        now: clock(),
        actor,
        reason: boundOptional(reason),
        retention,
        state: FIRST_STATE,
        requestId: request.requestId,
        requestHash: hashRequest(request),
        ttl: request.ttl,
        fields: encodeRequest(request),
        fences,
      });
      if (verdict === 'id-conflict') throw conflict('id', request.id);
      if (verdict === 'request-conflict') throw conflict('requestId', request.requestId ?? '');
      if (verdict === 'fenced-off') throw new NodeyardError('GROUP_CONFLICT', MOVED_ON);
      return { node: decodeFlat(key, flat), created: verdict === 'created' };
    },

    async transition(id, request) {
      const key = nodeKey(checkId(id));
      const [verdict, flat] = await scripts.transition([key], {
        now: clock(),
        retention,
        destroyRetry,
        ...transitionDetails(request),
      });
      return moved(key, verdict, flat);
    },

    async requestRetry(id, { actor, reason }) {
      const key = nodeKey(checkId(id));
      const [verdict, flat] = await scripts.requestRetry([key], {
        now: clock(),
        actor,
        reason: boundOptional(reason ?? 'another try of the create was asked for'),
        retention,
        sources: retrySourcesOf('create'),
      });
      return moved(key, verdict, flat);
    },

    patch: async (id, epoch, patch) =>
      scripts.patch([nodeKey(checkId(id))], { now: clock(), epoch, set: encodePatch(patch) }),

    note: async (id, { actor, reason }) =>
      scripts.note([nodeKey(checkId(id))], { now: clock(), actor, reason: boundOptional(reason), retention }),

    attend: async (id, jobId) =>
      scripts.attend([nodeKey(checkId(id))], { now: clock(), jobId: boundOptional(jobId) }),

    nextGeneration: async (id) =>
      (await scripts.nextGeneration([nodeKey(checkId(id))], { now: clock() })) ?? undefined,

    warnOfExpiry: async (id, { actor, reason }) =>
      scripts.warnOfExpiry([nodeKey(checkId(id))], {
        now: clock(),
        actor,
        reason: boundOptional(reason),
        retention,
      }),

    raiseAlarm: async (id, { alarm, actor, reason }) =>
      scripts.raiseAlarm([nodeKey(checkId(id))], {
        now: clock(),
        alarm: checkCount(alarm, 'alarm'),
        actor,
        reason: boundOptional(reason),
        retention,
      }),

    purgeTombstones: async (olderThanMs, limit, { except = [] } = {}) =>
      scripts.purge([TOMBSTONES_KEY], {
        now: clock(),
        olderThanMs: checkDuration(olderThanMs, 'olderThanMs'),
        limit: checkPurgeLimit(limit),
        except: Object.fromEntries(except.map((id) => [checkId(id), true as const])),
        look: limit + except.length,
      }),
  };
}

/** Everything of a request that becomes part of a key. Answers the id. */
function checkRequest({ id, group, role, requestId }: IdentifiedRequest): string {
  checkName(group, 'group');
  checkName(role, 'role');
  if (requestId !== undefined) checkName(requestId, 'requestId');
  return checkId(id);
}

const conflict = (field: 'id' | 'requestId', value: string): NodeyardError =>
  new NodeyardError('REQUEST_CONFLICT', `${field}: ${value} was used for a different request`, { field });

/** Nobody who asks for a node himself names a fence. */
const MOVED_ON = 'the group has changed since this was decided';

type MoveVerdict = 'changed' | 'unchanged' | 'unknown-node' | 'wrong-state' | 'stale-epoch' | 'fenced-off';

function moved(key: string, verdict: MoveVerdict, flat: readonly string[]): TransitionResult {
  if (verdict === 'unknown-node') return { refused: verdict };
  const node = decodeFlat(key, flat);
  if (verdict === 'changed' || verdict === 'unchanged') return { node, changed: verdict === 'changed' };
  return { refused: verdict, node };
}
