/** What a node calls itself, with its own token: what it says of itself, what it is told. */
import type { z } from 'zod';
import type * as commands from '../http/schemas/node-commands.js';
import type * as events from '../http/schemas/node-events.js';
import type { NodeCommand, NodeCommands, OneCommand } from './commands.js';
import { follow } from './follow.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type NodeSays = z.input<typeof events.nodeSaysRequestSchema>;
export type NodeTold = z.output<typeof events.nodeToldSchema>;
export type Acknowledgement = NonNullable<z.input<typeof commands.acknowledgeRequestSchema>>;

export interface OwnNode {
  /** That it lives, and its load. Throws UNKNOWN_NODE, WRONG_STATE. */
  say(said: NodeSays, options?: CallOptions): Promise<NodeTold>;
  /** The commands that wait, or the next one within `wait` seconds (at most 60). */
  take(query?: { readonly wait?: number }, options?: CallOptions): Promise<NodeCommands>;
  /** Commands as they come, over lost connections; what is not acknowledged comes again. */
  commands(options?: Pick<CallOptions, 'signal'>): AsyncGenerator<NodeCommand>;
  /** Ends a command. Throws UNKNOWN_COMMAND. */
  acknowledge(commandId: string, how?: Acknowledgement, options?: CallOptions): Promise<OneCommand>;
}

/** An answer that is waited for comes this much later than it was waited for, at most. */
const MARGIN_MS = 30_000;

export function ownNode(transport: Transport, nodeId: string): OwnNode {
  return {
    say: (body, options) =>
      transport.ask(
        { method: 'POST', path: path`/v1/nodes/${nodeId}/events`, body, repeatable: true },
        options,
      ),
    take: ({ wait = 0 } = {}, options) =>
      transport.ask(
        { method: 'GET', path: path`/v1/nodes/${nodeId}/commands`, query: { wait } },
        { timeoutMs: wait * 1_000 + MARGIN_MS, ...options },
      ),
    async *commands({ signal } = {}) {
      const ask = { method: 'GET', path: path`/v1/nodes/${nodeId}/commands/stream` } as const;
      for await (const followed of follow({ transport, ask, signal })) {
        if (followed.kind === 'entry' && followed.event === 'command') yield followed.data as NodeCommand;
      }
    },
    acknowledge: (commandId, how = {}, options) =>
      transport.ask(
        {
          method: 'POST',
          path: path`/v1/nodes/${nodeId}/commands/${commandId}/ack`,
          body: how,
          repeatable: true,
        },
        options,
      ),
  };
}
