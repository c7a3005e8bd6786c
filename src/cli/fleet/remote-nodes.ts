/** Nodes of a fleet behind an API. */
import { newNodeId, type Requested } from '../../client.js';
import { type ErrorCode, NodeyardError } from '../../errors.js';
import { checkAskedState } from '../../node/asked-state.js';
import { NODE_STATES, type NodeState } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import type { NodeRequest } from '../../node/request.js';
import { ApiError, errorOf } from '../../remote/api-error.js';
import type { NodeyardApi } from '../../remote/connect.js';
import { waitForNode } from '../../wait-for-node.js';
import { bounded } from './bounded.js';
import type { FleetNodes } from './fleet.js';
import { lanes } from './lanes.js';
import type { RemoteEvents } from './remote-events.js';

/** What is wrong for every copy of a request, or keeps any from being asked for. */
const OF_ALL: readonly ErrorCode[] = [
  'INVALID_INPUT',
  'UNKNOWN_STACK',
  'REDIS_UNAVAILABLE',
  'API_UNAVAILABLE',
  'API_REFUSED',
];
/** One body of a request stays well below what a server takes. */
const AT_ONCE = 100;
const BYTES_AT_ONCE = 256 * 1024;
/** Looks at nodes at once. */
const CONNECTIONS = 16;
/** The stream of events goes on where it was; this is for what it may have lost in a gap. A thousand who wait stay below the rate limit. */
const LOOK_AGAIN_MS = 30_000;
const HISTORY = 1_000;

export function remoteNodes(
  { nodes }: NodeyardApi,
  { subscribe, listening }: Pick<RemoteEvents, 'subscribe' | 'listening'>,
): FleetNodes {
  const lane = lanes(CONNECTIONS);
  const get = async (id: string): Promise<NodeRecord> => (await lane(() => nodes.get(id))).node;

  return {
    get: (id) =>
      get(id).catch((error: unknown) => {
        if (error instanceof NodeyardError && error.code === 'UNKNOWN_NODE') return undefined;
        throw error;
      }),
    list: ({ state = NODE_STATES, ...filter }, page = {}) =>
      nodes.page({ ...filter, ...page, state: [state].flat() }),
    counts: async () => (await nodes.counts()).states as Record<NodeState, number>,
    async details(id) {
      const [{ node, heard }, { events }] = await Promise.all([
        nodes.get(id),
        nodes.history(id, { limit: HISTORY }),
      ]);
      return { node, heard, history: events };
    },
    async request(requests) {
      // With ids of their own the tries of one request make one node, and the record shows what was typed.
      const identified = requests.map((request) =>
        request.id === undefined && request.requestId === undefined
          ? { ...request, id: newNodeId() }
          : request,
      );
      const [only] = identified;
      if (identified.length === 1 && only !== undefined) return [await one(only)];
      const answers: (Requested | { error: NodeyardError })[] = [];
      for (const portion of portions(identified)) answers.push(...(await many(portion)));
      return answers;
    },
    async move(id, { to, expected, reason }) {
      // By the words of this machine, which are those without an API.
      checkAskedState(to);
      const { node, changed } = await nodes.changeState(id, {
        to,
        ...(expected === undefined ? {} : { expected: [...new Set(expected)] }),
        ...(reason === undefined ? {} : { reason: bounded(reason) }),
      });
      return { node, changed };
    },
    destroy: async (id, { force }) =>
      (await nodes.destroy(id, { reason: 'nodeyard destroy', ...(force ? { force } : {}) })).node,
    retry: async (id) => (await nodes.retry(id, { reason: 'nodeyard retry' })).node,
    async waitFor(id, states, options) {
      const leave = subscribe(() => undefined);
      try {
        // What happens before it hears is seen by the first look.
        await listening();
        return await waitForNode({ get, subscribe, lookAgainMs: LOOK_AGAIN_MS }, id, states, options);
      } finally {
        leave();
      }
    },
  };

  async function one(request: NodeRequest): Promise<Requested | { error: NodeyardError }> {
    try {
      return await nodes.request(request);
    } catch (error) {
      if (!(error instanceof ApiError) || OF_ALL.includes(error.code)) throw error;
      return { error };
    }
  }

  async function many(requests: readonly NodeRequest[]) {
    const { results } = await nodes.requestMany(requests).catch((error: unknown) => {
      throw error instanceof ApiError ? ofOneNode(error) : error;
    });
    return results.map((result) =>
      'error' in result ? { error: ofOneNode(errorOf(result.error)) } : result,
    );
  }
}

/** In order; one that is too large for any is one by itself. */
function portions(requests: readonly NodeRequest[]): NodeRequest[][] {
  const all: NodeRequest[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    const size = Buffer.byteLength(JSON.stringify(request));
    const last = all.at(-1);
    if (last === undefined || last.length === AT_ONCE || bytes + size > BYTES_AT_ONCE) {
      all.push([request]);
      bytes = size;
    } else {
      last.push(request);
      bytes += size;
    }
  }
  return all;
}

const PLACE = /^nodes\[\d+\](?:\.|: )?/;

/** What is typed once is wrong once: which of the copies the API has found it in says nothing to a person. */
function ofOneNode(error: ApiError): ApiError {
  const { code, message, field, status, answerCode, requestId, mend } = error;
  return new ApiError(code, message.replace(PLACE, ''), {
    mend,
    cause: error,
    ...(field === undefined ? {} : { field: field.replace(PLACE, '') }),
    ...(status === undefined ? {} : { status }),
    ...(answerCode === undefined ? {} : { answerCode }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}
