/**
 * A node that says nothing for longer than it may is FAILED. Silence counts only while heartbeats could be received (see
 * src/heartbeat): a Redis that was away, an API that was stopped or a reconciler that slept give up nobody.
 */
import { age } from '../../age.js';
import type { SilentNode } from '../../heartbeat/heartbeats.js';
import { type NodeState, WATCHED_STATES } from '../../node/lifecycle.js';
import type { NodeRecord } from '../../node/record.js';
import type { ReconcileContext } from './context.js';
import { type Acted, defineRule, type Finding } from './rule.js';

const BATCH = 200;

/**
 * When most of a fleet falls silent at once, the way to the API is more likely to be at fault than every node: then each of
 * them gets so many times its limit. Not for ever, because a zone may really have gone.
 */
const MANY = 5;
const PATIENCE = 5;

interface Silent extends Finding {
  readonly node?: NodeRecord;
  readonly silent?: SilentNode;
}

export const silence = defineRule<Silent>('silence', {
  async find({ store, heartbeats }) {
    const { watched, late, nodes } = await heartbeats.silent(BATCH);
    const most = watched >= MANY && late * 2 > watched;
    const given = nodes.filter(({ silentMs, limitMs }) => !most || silentMs >= limitMs * PATIENCE);
    const records = await Promise.all(given.map(({ nodeId }) => store.get(nodeId)));
    const found = given.flatMap((silent, index): Silent[] => {
      const node = records[index];
      if (node === undefined || !isWatched(node.state)) return [];
      const reason = wordsOf(silent);
      return [{ rule: 'silence', nodeId: node.id, action: 'fail', reason, node, silent }];
    });
    if (given.length === nodes.length) return found;
    const reason = `${late} of ${watched} nodes are silent at once; each is given ${PATIENCE} times its limit, as if the way to the API were at fault`;
    return [...found, { rule: 'silence', action: 'wait', reason }];
  },

  async act(context, { node, silent, reason }) {
    if (node === undefined || silent === undefined) {
      context.log.error({ reason }, 'most of the fleet is silent');
      return 'passed';
    }
    return giveUp(context, node, silent, reason);
  },
});

async function giveUp(
  { store, heartbeats, log }: ReconcileContext,
  { id, state, epoch, attempts }: NodeRecord,
  { lastSeenAt }: SilentNode,
  message: string,
): Promise<Acted> {
  // It may have spoken while its turn came.
  if ((await heartbeats.get(id))?.lastSeenAt !== lastSeenAt) return 'passed';
  const result = await store.transition(id, {
    to: 'FAILED',
    actor: 'reconciler',
    expected: [state],
    epoch,
    reason: message,
    failure: {
      operation: 'health',
      code: 'HEARTBEAT_LOST',
      message,
      diagnostics: [],
      retryable: false,
      attempts,
    },
  });
  if ('refused' in result) return 'passed';
  log.warn({ nodeId: id, reason: message }, 'a node has fallen silent');
  return 'done';
}

const isWatched = (state: NodeState): boolean => WATCHED_STATES.some((each) => each === state);

function wordsOf({ silentMs, limitMs, lastSeenAt }: SilentNode): string {
  const limit = `it may be so for ${age(limitMs)}`;
  return lastSeenAt === undefined
    ? `never heard of in ${age(silentMs)}; ${limit} after it was created`
    : `silent for ${age(silentMs)}; ${limit}`;
}
