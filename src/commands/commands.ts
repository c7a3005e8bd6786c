/**
 * The port of what nodes are told to do. A command is delivered until the node acknowledges it, so at least once: whoever
 * carries one out has to bear that it comes again. What becomes of it stands in the node’s history, written in the same step.
 */
import type { z } from 'zod';
import type { Actor } from '../node/lifecycle.js';

/** What a node says of a command: it was done, it went wrong, or the node knows no such command. */
export const OUTCOMES = ['done', 'failed', 'unsupported'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Payload = z.core.util.JSONType;

/** Times are milliseconds since 1970. */
export interface Command {
  /** Unique for the node, in the order of asking: `1`, `2` … */
  readonly id: string;
  readonly name: string;
  readonly payload: Payload;
  readonly askedAt: number;
  /** When it is given up, unless the node has acknowledged it. */
  readonly expiresAt: number;
  /** How often it was handed out. */
  readonly deliveries: number;
  readonly deliveredAt?: number;
  /** Present once it has ended; from then on it is not delivered any more. */
  readonly endedAt?: number;
  readonly outcome?: Outcome | 'expired';
  /** What the node said about it. */
  readonly message?: string;
}

export interface CommandWish {
  readonly name: string;
  readonly payload?: Payload;
  /** How long it may wait for its acknowledgement (ms). */
  readonly ttlMs: number;
}

export interface Delivery {
  /** In the order of asking. */
  readonly commands: readonly Command[];
  /** Milliseconds until something can be delivered again; absent where nothing waits. */
  readonly nextMs?: number;
}

export interface DeliveryWish {
  readonly limit: number;
  /** How long until what is not acknowledged is delivered again (ms). */
  readonly visibilityMs: number;
}

export interface CommandPlace {
  readonly nodeId: string;
  readonly id: string;
}

export interface Commands {
  /** Throws INVALID_INPUT, UNKNOWN_NODE, WRONG_STATE (the node cannot be spoken to), TOO_MANY_COMMANDS. */
  ask(
    nodeId: string,
    wish: CommandWish,
    by: { readonly actor: Actor; readonly reason?: string },
  ): Promise<Command>;
  /** What can be delivered now. Throws UNKNOWN_NODE, WRONG_STATE. */
  deliver(nodeId: string, wish: DeliveryWish): Promise<Delivery>;
  /** Ends a command; one that has ended already stays as it is. Throws UNKNOWN_NODE, UNKNOWN_COMMAND. */
  acknowledge(
    nodeId: string,
    id: string,
    said: { readonly outcome: Outcome; readonly message?: string },
  ): Promise<Command>;
  /** Those that wait and the last that have ended, in the order of asking. Throws UNKNOWN_NODE. */
  list(nodeId: string): Promise<readonly Command[]>;
  /** Commands whose time is over; at most `limit` (1–1000) of them. */
  expired(limit: number): Promise<readonly CommandPlace[]>;
  /** Ends a command whose time is over. False where it is not, or was ended before. */
  expire(place: CommandPlace): Promise<boolean>;
}

export interface WaitWish extends DeliveryWish {
  /** How long to wait for the first command (ms). */
  readonly waitMs: number;
  /** The node has gone, or the server is being stopped. */
  readonly signal: AbortSignal;
}

export interface Mailbox {
  /** Empty when nothing came in time, or the signal fired. Throws UNKNOWN_NODE, WRONG_STATE, REDIS_UNAVAILABLE. */
  wait(nodeId: string, wish: WaitWish): Promise<readonly Command[]>;
}
