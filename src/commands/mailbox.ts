/**
 * Waiting for commands: many nodes at once, each woken by the events of its own history, of which every command makes one. A
 * delivery that its node never got (the connection broke in between) comes again after the visibility time.
 */
import type { NodeEvent } from '../node/record.js';
import type { Commands, Mailbox } from './commands.js';

/** A look even if no event came: one may be missed while Redis is away. */
const LOOK_AGAIN_MS = 10_000;

export interface MailboxParts {
  readonly commands: Pick<Commands, 'deliver'>;
  /** Hears every event of every node; answers the function that ends it. */
  readonly subscribe: (listener: (event: NodeEvent) => void) => () => void;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
}

export function createMailbox({ commands, subscribe, monotonic }: MailboxParts): Mailbox {
  const waiters = new Map<string, Set<() => void>>();
  let unsubscribe: (() => void) | undefined;

  /** Subscribes before anything is asked of Redis, on the same connection: what comes in between is heard. */
  const hear = (nodeId: string, wake: () => void): (() => void) => {
    const own = waiters.get(nodeId) ?? new Set();
    own.add(wake);
    waiters.set(nodeId, own);
    unsubscribe ??= subscribe((event) => {
      for (const each of waiters.get(event.nodeId) ?? []) each();
    });
    return () => {
      own.delete(wake);
      if (own.size === 0) waiters.delete(nodeId);
      if (waiters.size > 0) return;
      unsubscribe?.();
      unsubscribe = undefined;
    };
  };

  return {
    async wait(nodeId, { waitMs, signal, ...wish }) {
      const deadline = monotonic() + waitMs;
      let wake = (): void => {};
      const deafen = hear(nodeId, () => wake());
      const onAbort = (): void => wake();
      signal.addEventListener('abort', onAbort);
      try {
        for (;;) {
          if (signal.aborted) return [];
          const woken = new Promise<void>((resolve) => {
            wake = resolve;
          });
          const { commands: delivered, nextMs = LOOK_AGAIN_MS } = await commands.deliver(nodeId, wish);
          const left = deadline - monotonic();
          if (delivered.length > 0 || left <= 0) return delivered;
          await within(woken, Math.min(left, nextMs, LOOK_AGAIN_MS));
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        deafen();
      }
    },
  };
}

/** Resolves with `event`, or after `ms`. */
async function within(event: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([event, late]);
  clearTimeout(timer);
}
