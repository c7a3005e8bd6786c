/**
 * What `nodeyard/api-client` exports: the client of the HTTP API. Its types are those of the schemas of the API; at run time it loads
 * none of them, and neither Redis nor the CDK nor a server.
 */
export { ERROR_CODES, type ErrorClass, type ErrorCode, NodeyardError } from '../errors.js';
export { NODE_STATES, type NodeState, parseState } from '../node/lifecycle.js';
export type { NodeRequest } from '../node/request.js';
export { ApiError } from './api-error.js';
export type * from './commands.js';
export { type ApiOptions, connectApi, type NodeyardApi } from './connect.js';
export type * from './events.js';
export type * from './fleet.js';
export type * from './nodes.js';
export type * from './own-node.js';
export type * from './runs.js';
export type * from './states.js';
export type { CallOptions, Fetch } from './transport.js';
export type * from './webhooks.js';
