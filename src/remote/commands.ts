/** What nodes are told, over the API. */
import type { z } from 'zod';
import type * as schemas from '../http/schemas/node-commands.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type NodeCommand = z.output<typeof schemas.commandSchema>;
export type NodeCommands = z.output<typeof schemas.commandsSchema>;
export type OneCommand = z.output<typeof schemas.oneCommandSchema>;
export type CommandWish = z.input<typeof schemas.commandRequestSchema>;

export interface Commands {
  /** Delivered at least once. Throws UNKNOWN_NODE, WRONG_STATE, TOO_MANY_COMMANDS. */
  ask(nodeId: string, wish: CommandWish, options?: CallOptions): Promise<OneCommand>;
  /** Those that wait, and the last hundred. Throws UNKNOWN_NODE. */
  list(nodeId: string, options?: CallOptions): Promise<NodeCommands>;
}

export function commandsOf(transport: Transport): Commands {
  return {
    ask: (nodeId, body, options) =>
      transport.ask({ method: 'POST', path: path`/v1/nodes/${nodeId}/commands`, body }, options),
    list: (nodeId, options) =>
      transport.ask({ method: 'GET', path: path`/v1/nodes/${nodeId}/commands/history` }, options),
  };
}
