/** Nodes over the API: asked for, looked at, moved, ended. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type * as schemas from '../http/schemas/node-requests.js';
import type { NodeRequest } from '../node/request.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type Requested = z.output<typeof schemas.requestedSchema>;
export type ManyRequested = z.output<typeof schemas.manyRequestedSchema>;
export type Changed = z.output<typeof schemas.changedSchema>;
export type ShownNode = z.output<typeof schemas.shownNodeSchema>;
export type Node = ShownNode['node'];
export type NodePage = z.output<typeof schemas.nodePageSchema>;
export type NodeHistory = z.output<typeof schemas.historySchema>;
export type NodeCounts = z.output<typeof schemas.countsSchema>;
/** As a program writes it: states by their names, numbers as numbers. */
export type NodesQuery = z.output<typeof schemas.listQuery>;
export type StateChange = z.output<typeof schemas.stateChangeRequestSchema>;
export type DestroyWish = NonNullable<z.output<typeof schemas.destroyRequestSchema>>;
export type CancelWish = NonNullable<z.output<typeof schemas.cancelRequestSchema>>;
export type Reason = NonNullable<z.output<typeof schemas.reasonRequestSchema>>;

export interface RequestOptions extends CallOptions {
  /**
   * The same key twice makes one node; of many, each gets `<key>-<number>`. Made anew for every call when absent, so that the tries of
   * one call make one node. A request with an id or a request id of its own has its key in that.
   */
  readonly idempotencyKey?: string;
}

export interface Nodes {
  /** Answers at once, with the id. Throws INVALID_INPUT, UNKNOWN_STACK (field named), REQUEST_CONFLICT. */
  request(node: NodeRequest, options?: RequestOptions): Promise<Requested>;
  /** At most a thousand, checked together before any is asked for; what became of each, in their order. */
  requestMany(nodes: readonly NodeRequest[], options?: RequestOptions): Promise<ManyRequested>;
  /** Every node that the query chooses, in order of creation, page by page as they are taken. */
  list(query?: Omit<NodesQuery, 'cursor'>, options?: CallOptions): AsyncGenerator<Node>;
  page(query?: NodesQuery, options?: CallOptions): Promise<NodePage>;
  /** Throws UNKNOWN_NODE. */
  get(id: string, options?: CallOptions): Promise<ShownNode>;
  /** The newest, oldest first. Throws UNKNOWN_NODE. */
  history(id: string, query?: { readonly limit?: number }, options?: CallOptions): Promise<NodeHistory>;
  counts(options?: CallOptions): Promise<NodeCounts>;
  /** Throws UNKNOWN_NODE, WRONG_STATE. */
  changeState(id: string, change: StateChange, options?: CallOptions): Promise<Changed>;
  /** Asking again changes nothing. Throws UNKNOWN_NODE, WRONG_STATE. */
  destroy(id: string, wish?: DestroyWish, options?: CallOptions): Promise<Changed>;
  /** Stops a create that waits or is at work. Throws UNKNOWN_NODE, WRONG_STATE. */
  cancel(id: string, wish?: CancelWish, options?: CallOptions): Promise<Changed>;
  /** Tries what FAILED again. Throws UNKNOWN_NODE, WRONG_STATE. */
  retry(id: string, why?: Reason, options?: CallOptions): Promise<{ readonly node: Node }>;
}

export function nodesOf(transport: Transport): Nodes {
  const page = (query: NodesQuery = {}, options?: CallOptions): Promise<NodePage> =>
    transport.ask({ method: 'GET', path: '/v1/nodes', query }, options);
  const change = <Answer>(
    place: string,
    body: object,
    options: CallOptions | undefined,
    repeatable = true,
  ): Promise<Answer> => transport.ask({ method: 'POST', path: place, body, repeatable }, options);

  return {
    request(node, { idempotencyKey, ...options } = {}) {
      return change('/v1/nodes', keyed(node, idempotencyKey ?? newKey()), options);
    },
    requestMany(nodes, { idempotencyKey, ...options } = {}) {
      const key = idempotencyKey ?? newKey();
      return change('/v1/nodes', { nodes: nodes.map((node, i) => keyed(node, `${key}-${i + 1}`)) }, options);
    },
    async *list(query = {}, options) {
      let cursor: string | undefined;
      let left = query.limit ?? Number.POSITIVE_INFINITY;
      do {
        const limit = query.requestId === undefined ? { limit: Math.min(MOST_OF_A_PAGE, left) } : {};
        const found = await page(
          { ...query, ...limit, ...(cursor === undefined ? {} : { cursor }) },
          options,
        );
        yield* found.nodes;
        left -= found.nodes.length + (found.unreadable?.length ?? 0);
        cursor = found.cursor;
      } while (cursor !== undefined && left > 0);
    },
    page,
    get: (id, options) => transport.ask({ method: 'GET', path: path`/v1/nodes/${id}` }, options),
    history: (id, query = {}, options) =>
      transport.ask({ method: 'GET', path: path`/v1/nodes/${id}/history`, query: { ...query } }, options),
    counts: (options) => transport.ask({ method: 'GET', path: '/v1/counts' }, options),
    changeState: (id, wish, options) => change(path`/v1/nodes/${id}/state`, wish, options),
    destroy: (id, wish = {}, options) => change(path`/v1/nodes/${id}/destroy`, wish, options),
    cancel: (id, why = {}, options) => change(path`/v1/nodes/${id}/cancel`, why, options),
    // Asked twice it may find the node at work again, which would be told as a refusal.
    retry: (id, why = {}, options) => change(path`/v1/nodes/${id}/retry`, why, options, false),
  };
}

const MOST_OF_A_PAGE = 1_000;

const newKey = (): string => `api-${randomUUID()}`;

/** In the request itself, where one among many has a key of its own as well. */
const keyed = (node: NodeRequest, requestId: string): NodeRequest =>
  node.id === undefined && node.requestId === undefined ? { ...node, requestId } : node;
