/** The client of the HTTP API: nothing happens until it is asked for something. */
import { addressOf } from './address.js';
import { type Commands, commandsOf } from './commands.js';
import { type Events, eventsOf } from './events.js';
import { type FleetCalls, fleetOf } from './fleet.js';
import { type Groups, groupsOf } from './groups.js';
import { type Nodes, nodesOf } from './nodes.js';
import { type OwnNode, ownNode } from './own-node.js';
import { type Runs, runsOf } from './runs.js';
import { type States, statesOf } from './states.js';
import { type Fetch, pauseFor, Transport, type TransportParts } from './transport.js';
import { type Webhooks, webhooksOf } from './webhooks.js';

export interface ApiOptions {
  /** `https://nodeyard.example.com`, with a path where a proxy has one, without `/v1`. */
  readonly url: string;
  /** Of `nodeyard token create`, or of an OpenID Connect issuer; an API that is open to its machine takes none. */
  readonly token?: string;
  /** Sends the token over http to other machines as well: everybody on the way can read it. */
  readonly allowPlainHttp?: boolean;
  /** The global one when absent. */
  readonly fetch?: Fetch;
  /** For an answer, in milliseconds: 30,000 when absent. */
  readonly timeoutMs?: number;
  /** More tries where the API says when to come again, and nothing is done twice by it: 3 when absent. */
  readonly retries?: number;
  /** A longer pause than this is not made before another try (ms): 10,000 when absent. */
  readonly longestPauseMs?: number;
  /** How pauses are made; to be replaced by tests. */
  readonly pause?: TransportParts['pause'];
}

export interface NodeyardApi extends FleetCalls {
  readonly nodes: Nodes;
  readonly commands: Commands;
  readonly events: Events;
  readonly runs: Runs;
  readonly states: States;
  readonly groups: Groups;
  readonly webhooks: Webhooks;
  /** What the node calls itself, with its own token. */
  asNode(id: string): OwnNode;
}

/**
 * Throws INVALID_INPUT (field `url` or `token`). Every call throws ApiError, or the reason of its signal: with the code of the API where
 * it is one of nodeyard’s, with API_UNAVAILABLE or API_REFUSED otherwise.
 */
export function connectApi(options: ApiOptions): NodeyardApi {
  const transport = new Transport({
    address: addressOf(options),
    fetch: options.fetch ?? fetch,
    timeoutMs: options.timeoutMs ?? 30_000,
    retries: options.retries ?? 3,
    longestPauseMs: options.longestPauseMs ?? 10_000,
    pause: options.pause ?? pauseFor,
  });
  return {
    nodes: nodesOf(transport),
    commands: commandsOf(transport),
    events: eventsOf(transport),
    runs: runsOf(transport),
    states: statesOf(transport),
    groups: groupsOf(transport),
    webhooks: webhooksOf(transport),
    asNode: (id) => ownNode(transport, id),
    ...fleetOf(transport),
  };
}
