/** One thing done to many nodes: what became of each, shown together. */
import { type ErrorCode, NodeyardError } from '../errors.js';
import type { NodeState } from '../node/lifecycle.js';
import type { NodeRecord } from '../node/record.js';
import type { Call } from './call.js';
import { concurrently } from './concurrently.js';
import { eventLine } from './event-line.js';
import type { ExitName } from './exit-status.js';
import { exitNameOf, shownError } from './failure.js';
import type { Fleet } from './fleet/fleet.js';
import { nodeTable } from './node-view.js';
import { printable } from './printable.js';

/** Nodes in the order in which they were named; `errors` has those that were refused. */
export interface Bulk {
  readonly nodes: readonly NodeRecord[];
  readonly errors: readonly { readonly nodeId: string; readonly error: NodeyardError }[];
}

const AT_ONCE = 16;
/** No node is to blame for these. */
const OF_ALL: readonly ErrorCode[] = ['REDIS_UNAVAILABLE', 'API_UNAVAILABLE', 'API_REFUSED'];

/** Does it for every id. What one node refuses does not keep the others from it; what is of none of them ends it. */
export async function forEachNode(
  ids: readonly string[],
  work: (id: string) => Promise<NodeRecord>,
  atOnce = AT_ONCE,
): Promise<Bulk> {
  const answers = await concurrently([...new Set(ids)], atOnce, async (nodeId) => {
    try {
      return await work(nodeId);
    } catch (error) {
      if (!(error instanceof NodeyardError) || OF_ALL.includes(error.code)) throw error;
      return { nodeId, error };
    }
  });
  return {
    nodes: answers.flatMap((answer) => ('error' in answer ? [] : [answer])),
    errors: answers.flatMap((answer) => ('error' in answer ? [answer] : [])),
  };
}

export interface WaitWish {
  /** Where the nodes should get. */
  readonly states: readonly NodeState[];
  readonly timeoutMs: number | undefined;
}

/** Waits for every node of `asked`, showing people on the way what happens. Throws Interrupted. */
export async function waitForAll(
  { io, output }: Call,
  { nodes, events }: Pick<Fleet, 'nodes' | 'events'>,
  asked: Bulk,
  { states, timeoutMs }: WaitWish,
): Promise<Bulk> {
  const ids = asked.nodes.map(({ id }) => id);
  const waitedFor = new Set(ids);
  const unsubscribe = output.json
    ? () => {}
    : events.subscribe((event) => {
        if (waitedFor.has(event.nodeId)) output.note(eventLine(output, event));
      });
  try {
    const waited = await forEachNode(
      ids,
      (id) =>
        nodes.waitFor(id, states, {
          signal: io.interrupts.signal,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
        }),
      ids.length,
    );
    return { nodes: waited.nodes, errors: [...asked.errors, ...waited.errors] };
  } finally {
    unsubscribe();
  }
}

/** Shows all nodes and errors and says how the command ends; `goal` is where the nodes should have got to. */
export function conclude(
  { output }: Call,
  { nodes, errors }: Bulk,
  {
    goal,
    more = {},
  }: { readonly goal?: readonly NodeState[]; readonly more?: Readonly<Record<string, unknown>> },
): ExitName {
  if (output.json) {
    const refused = errors.map(({ nodeId, error }) => ({ nodeId, ...shownError(error) }));
    output.value({ ...more, nodes, errors: refused });
  } else {
    if (nodes.length > 0) output.line(nodeTable(output, nodes, Date.now()));
    for (const { nodeId, error } of errors) {
      output.note(`${output.paintNote('red', 'error:')} ${printable(`${nodeId}: ${error.message}`)}`);
      output.note(`${output.paintNote('bold', 'mend:')} ${printable(error.mend)}`);
    }
  }
  const [first] = errors;
  if (first !== undefined) return exitNameOf(first.error);
  return goal === undefined || nodes.every(({ state }) => goal.includes(state)) ? 'done' : 'failed';
}
