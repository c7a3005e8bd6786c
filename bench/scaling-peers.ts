/**
 * The same look with other eyes: groups, decisions and everything else are the same code, only the nodes are seen in another way.
 *
 * - All records in pages, grouped in memory: as a controller lists its objects. The fewest round trips that there are.
 * - Record and heartbeat of one node after the other: what is written first, and what a library without lists leaves one with. It is
 *   even told which ids there are.
 */
import type { ScalingParts } from '../src/fleet/scaling/context.js';
import { isTerminal } from '../src/node/lifecycle.js';
import type { NodeRecord } from '../src/node/record.js';
import type { Glance, NodeStore } from '../src/store/store.js';
import type { ScalingStage } from './scaling-stage.js';

const PAGE = 1_000;

export async function withAllRecords({ store, parts }: ScalingStage): Promise<ScalingParts> {
  const groups = new Map<string, Glance[]>();
  for await (const record of everyRecord(store)) {
    const nodes = groups.get(record.group);
    if (nodes === undefined) groups.set(record.group, [glanceOf(record)]);
    else nodes.push(glanceOf(record));
  }
  return { ...parts, store: seeing(store, (group) => groups.get(group) ?? []) };
}

/** `idsOf` tells the ids of a group’s nodes. */
export function oneByOne(
  { store, parts }: ScalingStage,
  idsOf: (group: string) => readonly string[],
  heartbeatOf: (id: string) => ReturnType<ScalingParts['heartbeats']['getAll']>,
): ScalingParts {
  const glances = async (group: string): Promise<readonly Glance[]> => {
    const nodes: Glance[] = [];
    for (const id of idsOf(group)) {
      const record = await store.get(id);
      if (record !== undefined && !isTerminal(record.state)) nodes.push(glanceOf(record));
    }
    return nodes;
  };
  const getAll: ScalingParts['heartbeats']['getAll'] = async (ids) => {
    const heard = [];
    for (const id of ids) heard.push(...(await heartbeatOf(id)));
    return heard;
  };
  return { ...parts, store: seeing(store, glances), heartbeats: { getAll } };
}

const seeing = (
  store: NodeStore,
  glances: (group: string) => readonly Glance[] | Promise<readonly Glance[]>,
): ScalingParts['store'] => ({
  transition: (id, request) => store.transition(id, request),
  glances: async (group) => ({ now: Date.now(), nodes: await glances(group) }),
});

async function* everyRecord(store: NodeStore): AsyncGenerator<NodeRecord> {
  let cursor: string | undefined;
  do {
    const page = await store.list({}, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const node of page.nodes) if (!isTerminal(node.state)) yield node;
    ({ cursor } = page);
  } while (cursor !== undefined);
}

const glanceOf = ({ id, role, state, since, createdAt, failure }: NodeRecord): Glance => ({
  id,
  role,
  state,
  since,
  createdAt,
  doomed: false,
  ...(failure === undefined ? {} : { failed: failure.operation }),
});
