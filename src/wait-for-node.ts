/** Waiting for a node, by whoever can look at it and hears what happens. */
import { NodeyardError } from './errors.js';
import type { NodeState } from './node/lifecycle.js';
import type { NodeEvent, NodeRecord } from './node/record.js';

export interface WaitOptions {
  /** Give up after so many milliseconds; for ever when absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Waiting {
  /** Throws UNKNOWN_NODE. */
  readonly get: (nodeId: string) => Promise<NodeRecord>;
  readonly subscribe: (listener: (event: NodeEvent) => void) => () => void;
  /** A look even if no event came: one may be missed while Redis, or the API, is away. */
  readonly lookAgainMs?: number;
}

const LOOK_AGAIN_MS = 5_000;

/**
 * Waits until the node is in one of `states`. Ends early, with the record, when it can no longer get there by itself:
 * FAILED, or DESTROYED. Throws UNKNOWN_NODE, TIMED_OUT, or the signal’s reason.
 */
export async function waitForNode(
  { get, subscribe, lookAgainMs = LOOK_AGAIN_MS }: Waiting,
  nodeId: string,
  states: readonly NodeState[],
  options: WaitOptions = {},
): Promise<NodeRecord> {
  const ends = new Set<NodeState>([...states, 'FAILED', 'DESTROYED']);
  const deadline =
    options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.timeoutMs;
  let wake = (): void => {};
  const unsubscribe = subscribe((event) => {
    if (event.nodeId === nodeId) wake();
  });
  const onAbort = (): void => wake();
  options.signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const moved = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const node = await get(nodeId);
      if (ends.has(node.state) && !(node.state === 'FAILED' && node.retryRequested)) return node;
      const left = deadline - performance.now();
      if (left <= 0) {
        const waited = `waited ${options.timeoutMs} ms for ${states.join(' or ')}`;
        throw new NodeyardError('TIMED_OUT', `node ${nodeId} is still ${node.state}: ${waited}`);
      }
      await within(moved, Math.min(left, lookAgainMs));
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    unsubscribe();
  }
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
