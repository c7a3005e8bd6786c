/**
 * The nodes of one role in a world that is only played: they are created and destroyed in their time, some creates fail, and the load goes to them.
 * What scaling sees of them is what it would see of real ones.
 *
 * The load: each look a part of the clients of every node leaves by itself, as the mean length of their visits has it, and as many more as the curve
 * falls; new ones come until the curve is reached, each to the node in service with the lowest ranking that is below its limit. A node that is
 * drained gets nobody new; one that is driven out loses its clients, where its role has a command for that.
 */
import type { RoleConfig } from '../../groups/config.js';
import { type Load, type Measure, parseMeasure } from '../../groups/expressions.js';
import type { RoleMemory } from '../../groups/groups.js';
import type { Outcome } from '../../groups/outcomes.js';
import type { NodeState } from '../../node/lifecycle.js';
import type { Act, Decision } from '../decide.js';
import { rankingOf } from '../ranking.js';
import type { SeenNode, SeenRole } from '../seen.js';
import type { SimulationSettings } from './settings.js';

interface Machine {
  readonly id: string;
  state: NodeState;
  since: number;
  readonly createdAt: number;
  doomed: boolean;
  clients: number;
  /** When what goes on ends: a create, a destroy. */
  endsAt?: number;
  failed?: 'create';
}

interface Seat {
  readonly machine: Machine;
  /** Undefined: it takes no more. */
  rank: number | undefined;
}

const KEPT_OUTCOMES = 100;

export class World {
  readonly #name: string;
  readonly #config: RoleConfig;
  readonly #handOnly: SeenRole['handOnly'];
  readonly #settings: SimulationSettings;
  readonly #random: () => number;
  readonly #rank: (node: { readonly load: Load }) => number | undefined;
  readonly #limit: Measure;
  readonly #metrics: readonly (readonly [name: string, measure: Measure])[];
  readonly #count = { created: 0, failed: 0, destroyed: 0, cut: 0 };
  #machines: Machine[] = [];
  #memory: RoleMemory = { step: 0 };
  #outcomes: Outcome[] = [];
  #unserved = 0;
  #number = 0;

  constructor(
    role: Pick<SeenRole, 'name' | 'config' | 'handOnly'>,
    settings: SimulationSettings,
    random: () => number,
    now: number,
  ) {
    this.#name = role.name;
    this.#config = role.config;
    this.#handOnly = role.handOnly;
    this.#settings = settings;
    this.#random = random;
    this.#rank = rankingOf(role.config);
    const { capacityLimit } = role.config;
    this.#limit =
      typeof capacityLimit === 'string' ? parseMeasure(capacityLimit) : () => capacityLimit ?? undefined;
    this.#metrics = Object.entries(settings.metrics).map(([name, text]) => [name, parseMeasure(text)]);
    // It begins at rest, with as many as there are always, long in service.
    for (let index = 0; index < role.config.min && role.handOnly === undefined; index += 1)
      this.#machines.push({ ...this.#newMachine(now - LONG_MS), state: 'INSERVICE' });
    this.#count.created = 0;
  }

  get counts(): Readonly<Record<'created' | 'failed' | 'destroyed' | 'cut', number>> {
    return this.#count;
  }

  /** Clients that found no node. */
  get unserved(): number {
    return this.#unserved;
  }

  get load(): number {
    return this.#machines.reduce((sum, { clients }) => sum + clients, 0);
  }

  /** Nodes that cost money. */
  get paid(): number {
    return this.#machines.filter(({ state }) => state !== 'FAILED').length;
  }

  seen(now: number): SeenRole {
    return {
      name: this.#name,
      config: this.#config,
      nodes: this.#machines.map((machine) => this.#seenNode(machine, now)),
      memory: this.#memory,
      outcomes: this.#outcomes,
      now,
      ...(this.#handOnly === undefined ? {} : { handOnly: this.#handOnly }),
    };
  }

  /** Creates and destroys that are over. */
  age(now: number): void {
    for (const machine of this.#machines) {
      if (machine.endsAt === undefined || machine.endsAt > now || machine.state !== 'CREATING') continue;
      const well = this.#random() >= this.#settings.failRate;
      // It failed, or went into service, in its time: the next look only sees it later.
      machine.state = well ? 'INSERVICE' : 'FAILED';
      machine.since = machine.endsAt;
      if (!well) machine.failed = 'create';
      if (!well) this.#count.failed += 1;
      this.#outcomes = [
        { nodeId: machine.id, went: well ? 'well' : 'wrong', at: machine.endsAt } as const,
        ...this.#outcomes,
      ].slice(0, KEPT_OUTCOMES);
      delete machine.endsAt;
    }
    const gone = this.#machines.filter(
      ({ state, endsAt = now + 1 }) => state === 'DESTROYING' && endsAt <= now,
    );
    this.#count.destroyed += gone.length;
    this.#machines = this.#machines.filter((machine) => !gone.includes(machine));
  }

  /** `target` is how many clients there are to be now. */
  serve(target: number, elapsedMs: number): void {
    const wanted = Math.round(target);
    const visits = this.#settings.visit;
    const leaving = visits === null ? 0 : 1 - Math.exp(-elapsedMs / visits);
    for (const machine of this.#machines) machine.clients -= this.#part(machine.clients, leaving);
    let surplus = this.load - wanted;
    if (surplus > 0) {
      const part = surplus / this.load;
      for (const machine of this.#machines) {
        const gone = Math.min(surplus, Math.ceil(machine.clients * part));
        machine.clients -= gone;
        surplus -= gone;
      }
    }
    this.#unserved = this.#admit(wanted - this.load);
  }

  act({ step, acts }: Decision, now: number): void {
    if (step !== undefined)
      this.#memory = {
        ...this.#memory,
        step: this.#memory.step + 1,
        ...(step === 'out' ? { grewAt: now } : { shrankAt: now }),
      };
    for (const act of acts) this.#carryOut(act, now);
  }

  #carryOut(act: Act, now: number): void {
    if (act.do === 'create') {
      for (let index = 0; index < act.count; index += 1)
        this.#machines.push({ ...this.#newMachine(now), endsAt: now + this.#settings.createTime });
      return;
    }
    const machine = this.#machines.find(({ id }) => id === act.node.id);
    if (machine === undefined) return;
    machine.since = now;
    switch (act.do) {
      case 'sunset':
        machine.state = 'SOFT_SUNSET';
        return;
      case 'drive-out':
        machine.state = 'HARD_SUNSET';
        if (this.#config.drain.command !== null) this.#cut(machine);
        return;
      case 'destroy':
        machine.state = 'DESTROYING';
        machine.doomed = true;
        machine.endsAt = now + this.#settings.destroyTime;
        this.#cut(machine);
        return;
    }
  }

  #cut(machine: Machine): void {
    this.#count.cut += machine.clients;
    machine.clients = 0;
  }

  /** Answers how many found no place. */
  #admit(coming: number): number {
    if (coming <= 0) return 0;
    const open = this.#machines
      .filter(({ state }) => state === 'INSERVICE')
      .map((machine): Seat => ({ machine, rank: this.#room(machine.clients) }));
    // Few at a time, so that they spread.
    const together = Math.max(1, Math.ceil(coming / (ROUNDS * Math.max(1, open.length))));
    let left = coming;
    while (left > 0) {
      let best: Seat | undefined;
      for (const seat of open) if (seat.rank !== undefined && isBefore(seat, best)) best = seat;
      if (best === undefined) return left;
      const { machine } = best;
      const step = this.#room(machine.clients + together) === undefined ? 1 : Math.min(together, left);
      machine.clients += step;
      left -= step;
      best.rank = this.#room(machine.clients);
    }
    return 0;
  }

  /** The ranking of a node with so many clients; undefined where it may take no more. */
  #room(clients: number): number | undefined {
    const load = this.#loadOf(clients);
    const [rank, limit] = [this.#rank({ load }), this.#limit(load)];
    return rank !== undefined && limit !== undefined && rank >= limit
      ? undefined
      : (rank ?? Number.MAX_VALUE);
  }

  #part(clients: number, part: number): number {
    return Math.min(clients, Math.floor(clients * part + this.#random()));
  }

  #newMachine(now: number): Machine {
    this.#count.created += 1;
    this.#number += 1;
    const id = `n${this.#number}`;
    return { id, state: 'CREATING', since: now, createdAt: now, doomed: false, clients: 0 };
  }

  #loadOf(clients: number): Load {
    const counts = { connections: clients, publishers: clients, subscribers: clients };
    const metrics = this.#metrics.flatMap(([name, measure]) => {
      const value = measure(counts);
      return value === undefined ? [] : [[name, value] as const];
    });
    return metrics.length === 0 ? counts : { ...counts, metrics: Object.fromEntries(metrics) };
  }

  #seenNode({ clients, endsAt: _, failed, ...node }: Machine, now: number): SeenNode {
    const speaks = SPEAKING.has(node.state);
    return {
      ...node,
      ...(failed === undefined ? {} : { failed }),
      ...(speaks ? { load: this.#loadOf(clients), heardAt: now } : {}),
    };
  }
}

const LONG_MS = 24 * 3_600_000;
const ROUNDS = 8;
const isBefore = (a: Seat, b: Seat | undefined): boolean =>
  b?.rank === undefined ||
  (a.rank ?? Infinity) < b.rank ||
  (a.rank === b.rank && a.machine.clients < b.machine.clients);
const SPEAKING: ReadonlySet<NodeState> = new Set(['INSERVICE', 'SOFT_SUNSET', 'HARD_SUNSET']);
