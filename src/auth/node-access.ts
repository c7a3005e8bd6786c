/** What a node is told of the API, so that it can speak for itself. */
import type { NodeRecord } from '../node/record.js';
import type { NodeTokens } from './node-tokens.js';

export interface NodeAccess {
  /** The node’s own place in the API. */
  readonly url: string;
  readonly token: string;
}

/** `api` is the address under which nodes reach the API, without a slash at its end; undefined where they cannot. */
export const accessAt =
  (api: string | undefined, tokens: Pick<NodeTokens, 'tokenOf'>) =>
  async (node: Pick<NodeRecord, 'id' | 'createdAt'>): Promise<NodeAccess | undefined> =>
    api === undefined ? undefined : { url: `${api}/v1/nodes/${node.id}`, token: await tokens.tokenOf(node) };
