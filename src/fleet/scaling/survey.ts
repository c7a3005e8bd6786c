/** What is seen of a group in one look: its roles with their nodes, what these say, and what is remembered of them. */
import type { Group } from '../../groups/groups.js';
import type { Outcome } from '../../groups/outcomes.js';
import type { SeenNode, SeenRole } from '../../scaling/seen.js';
import type { Glance } from '../../store/store.js';
import type { ScalingParts } from './context.js';

export interface Survey {
  /** In the order of the configuration. */
  readonly roles: readonly SeenRole[];
  /** Names of roles that nodes have and the group has not: people’s. */
  readonly foreign: readonly string[];
  readonly nodes: readonly SeenNode[];
  /** By the clock of Redis. */
  readonly now: number;
}

type SurveyParts = Pick<ScalingParts, 'store' | 'heartbeats' | 'memories' | 'outcomes'>;

/** What they say decides about these alone. */
const HEARD_STATES: ReadonlySet<string> = new Set(['INSERVICE', 'SOFT_SUNSET', 'HARD_SUNSET']);

export async function surveyOf(parts: SurveyParts, { config }: Group): Promise<Survey> {
  const { now, nodes: glances } = await parts.store.glances(config.name);
  const nodes = await hear(parts, glances);
  const roles: SeenRole[] = [];
  for (const [name, role] of Object.entries(config.roles)) {
    const own = nodes.filter((node) => node.role === name);
    const memory = await parts.memories.get(config.name, name);
    const outcomes = await outcomesOf(parts, config.name, name, own);
    const handOnly = config.isScalingPaused ? 'paused' : role.lifecycle === 'MANUAL' ? 'manual' : undefined;
    roles.push({ name, config: role, nodes: own, memory, outcomes, now, ...(handOnly && { handOnly }) });
  }
  const foreign = [...new Set(nodes.map(({ role }) => role))].filter(
    (name) => !Object.hasOwn(config.roles, name),
  );
  return { roles, foreign: foreign.sort(), nodes, now };
}

async function hear(
  { heartbeats }: Pick<ScalingParts, 'heartbeats'>,
  glances: readonly Glance[],
): Promise<readonly (SeenNode & { readonly role: string })[]> {
  const ids = glances.filter(({ state }) => HEARD_STATES.has(state)).map(({ id }) => id);
  const heard = await heartbeats.getAll(ids);
  const heardOf = new Map(ids.map((id, index) => [id, heard[index]]));
  return glances.map((glance) => {
    const { load, lastSeenAt } = heardOf.get(glance.id) ?? {};
    return {
      ...glance,
      ...(load === undefined || lastSeenAt === undefined ? {} : { load, heardAt: lastSeenAt }),
    };
  });
}

/** Notes how the creates ended that nobody has noted yet, and answers all that are kept. */
async function outcomesOf(
  { outcomes }: Pick<ScalingParts, 'outcomes'>,
  group: string,
  role: string,
  nodes: readonly SeenNode[],
): Promise<readonly Outcome[]> {
  const known = await outcomes.newest(group, role);
  const words = new Set(known.map(({ nodeId, went }) => `${went} ${nodeId}`));
  const fresh = nodes.flatMap(outcomeOf).filter(({ nodeId, went }) => !words.has(`${went} ${nodeId}`));
  // What is older than all that is kept was forgotten, and would be forgotten again.
  const oldest = known.at(-1)?.at ?? 0;
  const news = fresh.filter(({ at }) => at >= oldest);
  if (news.length === 0) return known;
  await outcomes.note(group, role, news);
  return outcomes.newest(group, role);
}

/** A machine that was in service and fails later says nothing about the making of machines. */
function outcomeOf({ id, state, since, failed, doomed }: SeenNode): readonly Outcome[] {
  if (state === 'INSERVICE') return [{ nodeId: id, went: 'well', at: since }];
  const failedToBegin = state === 'FAILED' && !doomed && (failed === 'create' || failed === 'timeout');
  return failedToBegin ? [{ nodeId: id, went: 'wrong', at: since }] : [];
}
