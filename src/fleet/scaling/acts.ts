/**
 * Does what was decided about a role. Every act is a compare-and-set on the node, and on the step and the group that it was decided
 * from: a process that was stopped in the middle of a step, and goes on when another one has looked, changes nothing any more.
 */
import { createHash } from 'node:crypto';
import { NodeyardError } from '../../errors.js';
import { nodeOf } from '../../groups/config.js';
import type { Group } from '../../groups/groups.js';
import type { Fence } from '../../node/fence.js';
import type { Act, Decision } from '../../scaling/decide.js';
import type { SeenRole } from '../../scaling/seen.js';
import { type ScalingParts, WHO } from './context.js';

/** `passed`: it was not so any more, or somebody else does it; `failed`: the next look finds it anew. */
export type ActOutcome = 'done' | 'passed' | 'failed';

export interface DoneAct {
  readonly do: Act['do'];
  readonly nodeId?: string;
  readonly count?: number;
  readonly why: string;
  readonly outcome: ActOutcome;
}

/** Codes of a refusal: the node has moved, or nobody may do this any more. */
const PASSED: ReadonlySet<string> = new Set(['WRONG_STATE', 'UNKNOWN_NODE', 'GROUP_CONFLICT']);

export async function actOn(
  parts: ScalingParts,
  group: Group,
  role: SeenRole,
  { acts, step, why, size, desired }: Decision,
  signal?: AbortSignal,
): Promise<readonly DoneAct[]> {
  if (acts.length === 0) return [];
  if (step !== undefined) {
    const isMine = await parts.memories.take(group.config.name, role.name, role.memory.step, step);
    if (!isMine) return acts.map((act) => told(act, 'passed'));
    const message = `${size} → ${desired}: ${why.join('; ')}`;
    await parts.history.note(group.config.name, { kind: 'scaled', who: WHO, role: role.name, message });
  }
  const taken = step === undefined ? role.memory.step : role.memory.step + 1;
  const fences = parts.memories.fences(group, role.name, taken);
  const done: DoneAct[] = [];
  for (const act of acts) {
    if (signal?.aborted === true) break;
    done.push(told(act, await attempt({ parts, group, role, fences }, act)));
  }
  return done;
}

interface Doing {
  readonly parts: ScalingParts;
  readonly group: Group;
  readonly role: SeenRole;
  readonly fences: readonly Fence[];
}

async function attempt(doing: Doing, act: Act): Promise<ActOutcome> {
  const { parts, group, role } = doing;
  try {
    return await carryOut(doing, act);
  } catch (error) {
    if (error instanceof NodeyardError && PASSED.has(error.code)) return 'passed';
    const about = { group: group.config.name, role: role.name, act: act.do, error: String(error) };
    parts.log.warn(about, 'scaling could not do it; the next look finds it anew');
    return 'failed';
  }
}

async function carryOut(doing: Doing, act: Act): Promise<ActOutcome> {
  const { parts, role, fences } = doing;
  const by = { actor: 'autoscaler', reason: act.why, fences } as const;
  switch (act.do) {
    case 'create':
      await create(doing, act);
      return 'done';
    case 'sunset': {
      const moved = await parts.store.transition(act.node.id, {
        to: 'SOFT_SUNSET',
        expected: ['INSERVICE'],
        ...by,
      });
      return 'refused' in moved ? 'passed' : 'done';
    }
    case 'drive-out': {
      // Before the state: told twice is better than never, should this process end in between.
      await tellToLetGo(parts, role, act);
      const moved = await parts.store.transition(act.node.id, {
        to: 'HARD_SUNSET',
        expected: ['SOFT_SUNSET'],
        ...by,
      });
      return 'refused' in moved ? 'passed' : 'done';
    }
    case 'destroy':
      await parts.client.requestDestruction(act.node.id, { ...by, expected: [act.node.state] });
      return 'done';
  }
}

async function create(
  { parts: { client }, group, role: { name: role, config, memory }, fences }: Doing,
  { count, why }: { readonly count: number; readonly why: string },
): Promise<void> {
  const { name } = group.config;
  const { tags, labels, ttl, onFailure } = config;
  const given = {
    ...(tags === undefined ? {} : { tags }),
    ...(labels === undefined ? {} : { labels }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
  // A group of the same name that comes later counts its steps anew.
  const key = createHash('sha256')
    .update(JSON.stringify([name, role, group.createdAt]))
    .digest('hex')
    .slice(0, 20);
  for (let index = 0; index < count; index += 1) {
    const requestId = `scale-${key}-${memory.step + 1}-${index}`;
    await client.requestNode(
      { group: name, role, ...nodeOf(group.config, role), ...given, requestId },
      { actor: 'autoscaler', reason: why, fences },
    );
  }
}

async function tellToLetGo(
  { commands, log }: ScalingParts,
  { config: { drain } }: SeenRole,
  { node, why }: Extract<Act, { readonly node: unknown }>,
): Promise<void> {
  if (drain.command === null) return;
  const wish = { name: drain.command, ttlMs: Math.max(SHORTEST_COMMAND_MS, drain.hardLimit) };
  await commands.ask(node.id, wish, { actor: 'autoscaler', reason: why }).catch((error: unknown) => {
    // A node that hears nothing is driven out all the same: its limit stands.
    log.warn({ nodeId: node.id, command: drain.command, error: String(error) }, 'a node could not be told');
  });
}

const SHORTEST_COMMAND_MS = 1_000;

const told = (act: Act, outcome: ActOutcome): DoneAct => ({
  do: act.do,
  ...(act.do === 'create' ? { count: act.count } : { nodeId: act.node.id }),
  why: act.why,
  outcome,
});
