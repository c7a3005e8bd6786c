/** The Terraform states of nodes, over the API. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type * as schemas from '../http/schemas/states.js';
import { ApiError } from './api-error.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type StatePage = z.output<typeof schemas.statePageSchema>;
export type StatesOfNode = z.output<typeof schemas.statesOfNodeSchema>;
export type Quarantined = z.output<typeof schemas.quarantineSchema>;
export type ShownState = z.output<typeof schemas.stateSchema>;
/** `canonical`, `version-<epoch>` or `quarantined-<epoch>`. */
export type StatePlace = 'canonical' | `version-${number}` | `quarantined-${number}`;

export interface StateDocument {
  readonly document: Uint8Array;
  /** Of the document, proved. */
  readonly sha256: string;
}

export interface States {
  /** By the ids of their nodes. */
  page(
    query?: { readonly limit?: number; readonly cursor?: string },
    options?: CallOptions,
  ): Promise<StatePage>;
  /** Throws UNKNOWN_NODE. */
  ofNode(nodeId: string, options?: CallOptions): Promise<StatesOfNode>;
  /** Which resources are in it, without their values. Throws API_REFUSED with NOT_FOUND. */
  get(nodeId: string, place?: StatePlace, options?: CallOptions): Promise<ShownState>;
  /** Byte for byte; for admins. Throws API_REFUSED with NOT_FOUND. */
  document(nodeId: string, place?: StatePlace, options?: CallOptions): Promise<StateDocument>;
  /** The oldest first. */
  quarantine(query?: { readonly limit?: number }, options?: CallOptions): Promise<Quarantined>;
}

export function statesOf(transport: Transport): States {
  return {
    page: (query = {}, options) =>
      transport.ask({ method: 'GET', path: '/v1/states', query: { ...query } }, options),
    ofNode: (nodeId, options) =>
      transport.ask({ method: 'GET', path: path`/v1/nodes/${nodeId}/states` }, options),
    get: (nodeId, place = 'canonical', options) =>
      transport.ask({ method: 'GET', path: path`/v1/nodes/${nodeId}/states/${place}` }, options),
    async document(nodeId, place = 'canonical', options) {
      const { bytes, headers } = await transport.read(
        { method: 'GET', path: path`/v1/nodes/${nodeId}/states/${place}/document` },
        options,
      );
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (headers.get('etag') === `"${sha256}"`) return { document: bytes, sha256 };
      throw new ApiError('API_UNAVAILABLE', `the state of ${nodeId} was changed on its way here`);
    },
    quarantine: (query = {}, options) =>
      transport.ask({ method: 'GET', path: '/v1/quarantine', query: { ...query } }, options),
  };
}
