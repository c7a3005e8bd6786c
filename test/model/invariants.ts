/**
 * What must be true, whatever happens in whatever order. Each answers what it saw broken; an empty answer is a promise kept.
 * Those of a moment are asked after every step, those of the end when the fleet has come to rest.
 */
import type { Thing } from './cloud.js';
import type { SeenDirectory, Stored } from './evidence.js';
import type { HostRun } from './host.js';
import type { Reference } from './reference.js';
import { PARTS } from './stack.js';

export interface Moment {
  readonly stored: Stored;
  readonly directories: readonly SeenDirectory[];
  /** Terraforms that live. */
  readonly runs: readonly HostRun[];
  readonly things: readonly Thing[];
  /** Ids of what somebody has ended by hand. */
  readonly vanished: ReadonlySet<string>;
  readonly reference: Reference;
  readonly history: History;
}

/** What was seen in earlier moments. */
export interface History {
  /** Ids of things that somebody had written down for good: no kill can make them unknown again. */
  readonly secured: Set<string>;
  readonly tombstones: Set<string>;
  /** By node: the highest epoch. */
  readonly epochs: Map<string, number>;
}

export const newHistory = (): History => ({
  secured: new Set(),
  tombstones: new Set(),
  epochs: new Map(),
});

/** An epoch belongs to one holder, grows only, and nobody writes under one that is over. */
export function oneWriterPerEpoch({ stored, runs, reference, history }: Moment): string[] {
  const broken = [...reference.sharedEpochs];
  for (const [id, { epoch }] of stored.records) {
    const before = history.epochs.get(id) ?? 0;
    if (epoch < before) broken.push(`the epoch of ${id} went back from ${before} to ${epoch}`);
    history.epochs.set(id, Math.max(epoch, before));
  }
  for (const { nodeId, epoch, current } of reference.canonicalWrites) {
    if (epoch === current) continue;
    broken.push(`a state of epoch ${epoch} became the canonical one of ${nodeId}, whose epoch is ${current}`);
  }
  reference.canonicalWrites.length = 0;
  const writers = new Set<string>();
  for (const { meta } of runs) {
    const [{ nodeId, epoch, holder }] = meta.members;
    const writer = `${nodeId}, epoch ${epoch}${meta.quarantine === undefined ? '' : `, claim of ${holder}`}`;
    if (writers.has(writer)) broken.push(`two Terraforms at once on ${writer}`);
    writers.add(writer);
  }
  return broken;
}

/** Every write was decided as the small reference decides it. */
export function recordsAsInTheReference({ stored, reference }: Moment): string[] {
  const broken = [...reference.disagreements];
  for (const [id, { model }] of reference.nodes) {
    const record = stored.records.get(id);
    if (record === undefined) continue;
    const expected = `${model.state} ${model.epoch} ${model.holder ?? ''}`;
    const seen = `${record.state} ${record.epoch} ${record.holder}`;
    if (seen !== expected) broken.push(`the record of ${id} is ${seen}, the reference ${expected}`);
  }
  return broken;
}

/**
 * Every thing that exists is in a canonical document, in a quarantined one, in a run directory that recovery will find, or in the
 * hands of a Terraform that lives. Only what no Terraform ever came to write down may be known by its mark alone.
 */
export function noLostState({ stored, directories, runs, things, history }: Moment): string[] {
  const { secured } = history;
  const documents = [...stored.canonical.values(), ...stored.quarantined.map(({ ids }) => ids)];
  for (const ids of [...documents, ...directories.map(({ safe }) => safe)])
    for (const id of ids) secured.add(id);
  const held = [
    ...documents,
    ...directories.map(({ ids }) => ids),
    ...runs.map(({ terraform }) => terraform.holds),
  ];
  return things
    .filter(({ id }) => secured.has(id) && !held.some((ids) => ids.has(id)))
    .map(
      ({ id, nodeId, part }) =>
        `${part} ${id} of ${nodeId} exists, was once written down, and no state holds it`,
    );
}

/** DESTROYED is the end. */
export function noTerminalStateLeft({ stored, history }: Moment): string[] {
  const { tombstones } = history;
  const broken: string[] = [];
  for (const [id, { state }] of stored.records) {
    if (state === 'DESTROYED') tombstones.add(id);
    else if (tombstones.has(id)) broken.push(`${id} was DESTROYED and is ${state}`);
  }
  return broken;
}

/** At the moment when DESTROYED is said: no document that was known by then holds anything. */
export function destroyedImpliesAnEmptyState({ stored, things, reference }: Moment): string[] {
  const exists = (ids: ReadonlySet<string>): string[] =>
    things.filter(({ id }) => ids.has(id)).map(({ id }) => id);
  const broken: string[] = [];
  for (const nodeId of reference.destroyedNow.splice(0)) {
    const canonical = stored.canonical.get(nodeId);
    if (canonical !== undefined && canonical.size > 0) {
      broken.push(`${nodeId} is DESTROYED and its state holds ${[...canonical].join(', ')}`);
    }
    const listedAt = reference.nodes.get(nodeId)?.listedAt ?? 0;
    for (const { nodeId: owner, epoch, ids } of stored.quarantined) {
      // One that came after the destruction had looked is the reconciler’s.
      const cameAt = reference.quarantinedAt.get(`${owner} ${epoch}`) ?? 0;
      if (owner !== nodeId || cameAt > listedAt || exists(ids).length === 0) continue;
      broken.push(`${nodeId} is DESTROYED and its quarantine holds ${exists(ids).join(', ')}`);
    }
  }
  return broken;
}

export const INVARIANTS_OF_A_MOMENT = [
  recordsAsInTheReference,
  oneWriterPerEpoch,
  noLostState,
  noTerminalStateLeft,
  destroyedImpliesAnEmptyState,
] as const;

/** What a node’s state holds; of one that has failed and waits for a person, also what its runs have noted. */
function ownedBy({ canonical, records }: Stored, id: string): ReadonlySet<string> {
  const record = records.get(id);
  const noted = record?.state === 'FAILED' ? record.listed : [];
  return new Set([...(canonical.get(id) ?? []), ...noted]);
}

/** Nodes whose create is over and went well. */
const THERE = ['CREATED', 'STARTED', 'INSERVICE', 'SOFT_SUNSET', 'HARD_SUNSET'];

/**
 * In the end: who was to be gone is DESTROYED, and nothing of it exists; who was to be there is whole, once, and owns exactly what
 * exists of it. A node that its time limit or its health has failed, and that nobody has asked to be gone, owns what is left of it.
 */
export function everyNodeWhereItWasAsked({ stored, things, vanished, reference }: Moment): string[] {
  return [...stored.records].flatMap(([id, { state }]) => {
    const own = things.filter(({ nodeId }) => nodeId === id);
    const owned = ownedBy(stored, id);
    const { wanted, model } = reference.nodes.get(id) ?? {};
    const problem = (what: string): string => `${id} is to be ${wanted} and is ${state}: ${what}`;
    if (wanted === 'gone') {
      if (state !== 'DESTROYED') return [problem('not destroyed')];
      return own.length === 0 ? [] : [problem(`${own.map((thing) => thing.id).join(', ')} exists`)];
    }
    const strays = own.filter((thing) => !owned.has(thing.id));
    if (strays.length > 0) return [problem(`nobody owns ${strays.map((thing) => thing.id).join(', ')}`)];
    if (state === 'FAILED') {
      return model?.failedIn === 'create' || model?.failedIn === 'destroy'
        ? [problem(`its ${model.failedIn} failed, and the cloud is well again`)]
        : [];
    }
    if (!THERE.includes(state)) return [problem('no run has ended')];
    // Whoever was never seen in the inventory is not missed there: only the node itself can tell that it was ended by hand.
    if ([...owned].some((thing) => vanished.has(thing))) return [];
    const parts = own.map(({ part }) => part);
    const whole = PARTS.slice(0, parts.length).every((part) => parts.includes(part)) && parts.length >= 2;
    return whole && own.length === owned.size
      ? []
      : [problem(`it is made of ${parts.join(', ') || 'nothing'}`)];
  });
}

/** In the end nothing is under way: no run, no run directory, no quarantine, nothing without an owner. */
export function nothingUnfinished({ stored, directories, runs, things }: Moment): string[] {
  const owned = new Set([...stored.records.keys()].flatMap((id) => [...ownedBy(stored, id)]));
  return [
    ...runs.map(({ meta }) => `a Terraform of ${meta.members[0].nodeId} is at work`),
    ...directories.map(({ path }) => `the run directory ${path.split('/').at(-1)} is left`),
    ...stored.quarantined.map(({ nodeId, epoch }) => `the quarantine of ${nodeId} holds epoch ${epoch}`),
    ...things.filter(({ id }) => !owned.has(id)).map(({ id, nodeId }) => `nobody owns ${id} of ${nodeId}`),
  ];
}

export const INVARIANTS_OF_THE_END = [everyNodeWhereItWasAsked, nothingUnfinished] as const;
