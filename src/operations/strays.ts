/**
 * What runs of a node have made and no state holds. A cloud makes a machine long before Terraform writes it down, so a run that is
 * not sure of what it made may have left one that only its tags still name. The cloud itself is asked, and what nobody holds is
 * destroyed.
 */
import type { Inventory } from '../fleet/inventory.js';
import { idsInStates } from '../state/held.js';
import type { OperationDependencies } from './dependencies.js';
import { type EndingParts, endStrays, type Stray, type StrayLeft } from './end-strays.js';
import { failureOfError, type RunFailure } from './run-failure.js';
import { STOP_CODES, type StopReason } from './run-stop.js';
import type { Session } from './session.js';

/** What may stay for a while: nothing, or what costs little and has to wait for something else to go. */
export type Leave = 'nothing' | 'what-can-wait';

export type StraysDependencies = Pick<OperationDependencies, 'inventories' | 'states'> & EndingParts;

/**
 * Answers undefined when nothing is left that matters, also where no run is unsure of anything, and where the stack of the node has
 * no inventory. Never throws: a cloud that cannot be asked is a failure, because nothing may be assumed of it.
 */
export async function clearStrays(
  dependencies: StraysDependencies,
  session: Session,
  leave: Leave,
): Promise<RunFailure | undefined> {
  if (session.accounting.complete) return undefined;
  return (await look(dependencies, session, leave)).failure;
}

/**
 * Looks once more, however sure the runs are, because something bars the way of a destroy. Answers whether anything was ended, so that
 * the way may be free now. Never throws.
 */
export async function clearTheWay(dependencies: StraysDependencies, session: Session): Promise<boolean> {
  const { ended, failure } = await look(dependencies, session, 'what-can-wait');
  return failure === undefined && ended > 0;
}

interface Looked {
  /** How many strays are gone. */
  readonly ended: number;
  readonly failure?: RunFailure;
}

async function look(dependencies: StraysDependencies, session: Session, leave: Leave): Promise<Looked> {
  try {
    const inventories = await dependencies.inventories.of(session.node);
    if (inventories.length === 0) return { ended: 0 };
    session.report({ phase: 'recovering', done: 0, total: 0 });
    const stopping = new AbortController();
    const work = { dependencies, session, inventories, leave, signal: stopping.signal };
    return await session.whileRunning(() => stopping.abort(), clear(work));
  } catch (error) {
    return { ended: 0, failure: failureOfError(error) };
  }
}

interface Work {
  readonly dependencies: StraysDependencies;
  readonly session: Session;
  readonly inventories: readonly Inventory[];
  readonly leave: Leave;
  readonly signal: AbortSignal;
}

async function clear(work: Work): Promise<Looked> {
  const { dependencies, session, inventories, leave, signal } = work;
  const settleMs = Math.max(...inventories.map((inventory) => inventory.settleMs));
  const waitMs = settleMs - session.accounting.quietMs();
  if (waitMs > 0) await dependencies.timers.wait(waitMs, signal);
  if (session.stopReason !== undefined) return { ended: 0, failure: stopped(session.stopReason) };

  const listed = await listAll(inventories, session.node.id);
  // Held after the list was made, so that nothing in it can be of a run that comes after this one.
  if (!(await session.isHeld())) return { ended: 0, failure: stopped('lease-lost') };
  // What only the record names has no other owner.
  const owned = await idsInStates(dependencies.states, session.node.id);
  const strays = listed.filter(({ item }) => !owned.has(item.id));
  const left = await endStrays(dependencies, session, { strays, signal });
  const ended = strays.length - left.length;
  if (session.stopReason !== undefined) return { ended, failure: stopped(session.stopReason) };
  if (left.length === 0) {
    session.accounting.noteAsked();
    return { ended };
  }
  const first = left.find(({ item }) => item.vital) ?? (leave === 'nothing' ? left[0] : undefined);
  if (first !== undefined) return { ended, failure: stillThere(first) };
  const names = left.map(({ item }) => `${item.kind} ${item.id}`).join(', ');
  await session.note(`left to the reconciler, because it cannot be destroyed yet: ${names}`);
  return { ended };
}

async function listAll(inventories: readonly Inventory[], nodeId: string): Promise<readonly Stray[]> {
  const lists = await Promise.all(
    inventories.map(async (inventory) => {
      const items = await inventory.list({ nodeId });
      return items.filter((item) => item.nodeId === nodeId).map((item) => ({ inventory, item }));
    }),
  );
  return lists.flat();
}

const stopped = (reason: StopReason): RunFailure => ({
  code: STOP_CODES[reason],
  message: 'stopped before it was sure that no earlier run has left anything',
  diagnostics: [],
});

const stillThere = ({ error }: StrayLeft): RunFailure => ({
  code: error.code,
  message: `an earlier run has left what no state holds: ${error.message}`,
  diagnostics: [],
});
