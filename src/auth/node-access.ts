/** What a node is told of the API, so that it can speak for itself. */
import type { NodeRecord } from '../node/record.js';
import type { NodeTokens } from './node-tokens.js';

export interface NodeAccess {
  /** The node’s own place in the API. */
  readonly url: string;
  readonly token: string;
}

/** Addresses of the API, without a slash at the end. */
export interface ApiAddresses {
  /** Under which every node reaches it. */
  readonly everywhere?: string | undefined;
  /** Under which processes of this machine reach it. */
  readonly here?: string | undefined;
}

/** Undefined for a node that cannot reach the API. */
export const accessTo =
  ({ everywhere, here }: ApiAddresses, tokens: Pick<NodeTokens, 'tokenOf'>) =>
  async (
    node: Pick<NodeRecord, 'id' | 'createdAt'>,
    { onThisMachine }: { readonly onThisMachine: boolean },
  ): Promise<NodeAccess | undefined> => {
    const api = (onThisMachine ? here : undefined) ?? everywhere;
    return api === undefined
      ? undefined
      : { url: `${api}/v1/nodes/${node.id}`, token: await tokens.tokenOf(node) };
  };

/** A server that listens at every address of this machine is not reached under the name of all of them. */
export const addressHere = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
