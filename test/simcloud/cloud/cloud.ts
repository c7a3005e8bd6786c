/** A simulated AWS: what exists, what it costs, who has asked for what; and faults on demand. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudReply, CloudRequest } from '../api.js';
import { addressCalls } from './calls/addresses.js';
import type { Calls } from './calls/call.js';
import { instanceCalls } from './calls/instances.js';
import { lookupCalls } from './calls/lookups.js';
import { securityGroupCalls } from './calls/security-groups.js';
import { tagCalls } from './calls/tags.js';
import { volumeCalls } from './calls/volumes.js';
import { CloudRefusal } from './errors.js';
import { type Fault, type FaultPlanInput, Faults, refusalOf } from './faults.js';
import { Ledger, type LedgerEntry } from './ledger.js';
import { costOf } from './prices.js';
import type { CloudRecord } from './records.js';
import { Sessions } from './sessions.js';
import { type CloudSettings, type CloudSettingsInput, cloudSettings } from './settings.js';
import { ACCOUNT, World } from './world.js';

/** The tag by which a resource names its node (src/synth/ownership.ts). */
const NODE_TAG = 'nodeyard:node-id';

const CALLS: Calls = {
  ...instanceCalls,
  ...volumeCalls,
  ...addressCalls,
  ...securityGroupCalls,
  ...tagCalls,
  ...lookupCalls,
};

export interface SimulatedCloudOptions {
  /** Where the ledger lies; made when absent. */
  readonly directory: string;
  readonly settings?: CloudSettingsInput;
  readonly now?: () => number;
}

/** What becomes of one call: the effect is in the ledger already; the fault says how, and whether, it is told. */
export interface Served {
  readonly reply: CloudReply;
  readonly fault?: Fault;
}

export class SimulatedCloud {
  readonly #settings: CloudSettings;
  readonly #now: () => number;
  /** Each account is a world of its own. */
  readonly #worlds = new Map<string, World>();
  readonly #sessions: Sessions;
  readonly #ledger: Ledger;
  #faults = new Faults();

  constructor({ directory, settings = {}, now = Date.now }: SimulatedCloudOptions) {
    mkdirSync(directory, { recursive: true });
    this.#settings = cloudSettings.parse(settings);
    this.#now = now;
    this.#sessions = new Sessions(this.#settings, now);
    this.#ledger = new Ledger(join(directory, 'ledger.jsonl'));
    for (const { effect, account = ACCOUNT } of this.#ledger.entries()) {
      for (const record of effect) this.#worldOf(account).put(record);
    }
  }

  /** Replaces the plan; counts begin anew. Throws on a plan that is not one. */
  inject(plan: FaultPlanInput, seed: number | string = 0): void {
    this.#faults = new Faults(plan, seed);
  }

  strike(call: string): Fault | undefined {
    return this.#faults.strike(call, this.#now());
  }

  /** Carries a call out, unless the fault forbids its effect. */
  serve(request: CloudRequest, fault?: Fault): Served {
    const requestId = randomUUID();
    const refusal = fault === undefined ? undefined : refusalOf(fault);
    const spared = refusal !== undefined || (fault !== undefined && WITHOUT_EFFECT.includes(fault.fault));
    const told = (
      reply: CloudReply,
      effect: readonly CloudRecord[],
      error?: string,
      account = ACCOUNT,
    ): Served => {
      const entry = this.#entry(requestId, request, effect, error, fault?.fault);
      this.#ledger.append(account === ACCOUNT ? entry : { ...entry, account });
      return { reply, ...(fault === undefined ? {} : { fault }) };
    };
    if (refusal !== undefined) {
      const { code, message, status } = refusal;
      return told({ requestId, error: { code, message }, status }, [], code);
    }
    if (spared) return told({ requestId, crash: true }, []);
    try {
      const { output, effect, account } = this.#perform(request, fault);
      return told({ requestId, output }, effect, undefined, account);
    } catch (error) {
      if (!(error instanceof CloudRefusal)) throw error;
      const { code, message, status } = error;
      return told({ requestId, error: { code, message }, status }, [], code);
    }
  }

  /** Everything that exists now, of all regions; of every account, or of one. */
  resources(account?: string): CloudRecord[] {
    const worlds = account === undefined ? [...this.#worlds.values()] : [this.#worldOf(account)];
    return worlds.flatMap((world) => world.existing());
  }

  /** What exists and bears no tag of one of these nodes: what nobody owns. Rules go with their group. */
  unowned(livingNodes: Iterable<string>): CloudRecord[] {
    const living = new Set(livingNodes);
    return this.resources().filter(
      (record) => record.kind !== 'security-group-rule' && !living.has(record.tags[NODE_TAG] ?? ''),
    );
  }

  /** US dollars for all that ever was, up to now. */
  cost(): number {
    return this.#all().reduce((sum, record) => sum + costOf(record, this.#now()), 0);
  }

  /** Every call so far, or those of one name. */
  calls(name?: string): readonly LedgerEntry[] {
    const entries = this.#ledger.entries();
    return name === undefined ? entries : entries.filter(({ call }) => call === name);
  }

  #worldOf(account: string): World {
    const world = this.#worlds.get(account) ?? new World(this.#settings, this.#now);
    this.#worlds.set(account, world);
    return world;
  }

  #all(): CloudRecord[] {
    return [...this.#worlds.values()].flatMap((world) => world.all());
  }

  #perform({ call, region, input, session }: CloudRequest, fault: Fault | undefined) {
    const identity = this.#sessions.identityOf(session);
    const world = this.#worldOf(identity.account);
    const perform = Object.hasOwn(CALLS, call) ? CALLS[call] : undefined;
    if (perform === undefined) throw new CloudRefusal('InvalidAction', `The action ${call} is not valid`);
    const { output, made, changed } = world.attempt(() =>
      perform({ world, region, input, identity, sessions: this.#sessions }),
    );
    const effect =
      fault?.fault !== 'not-yet'
        ? changed
        : changed.map((record) =>
            made.has(record.id) ? { ...record, visibleAt: record.visibleAt + fault.ms } : record,
          );
    for (const record of effect) world.put(record);
    return { output: { ...output }, effect, account: identity.account };
  }

  #entry(
    requestId: string,
    { call, region, caller, input }: CloudRequest,
    effect: readonly CloudRecord[],
    error: string | undefined,
    fault: string | undefined,
  ): LedgerEntry {
    const node = this.#nodeOf(effect) ?? this.#nodeOf(this.#namedIn(input));
    return {
      requestId,
      at: this.#now(),
      call,
      region,
      caller,
      ...(node === undefined ? {} : { node }),
      input,
      effect,
      ...(error === undefined ? {} : { error }),
      ...(fault === undefined ? {} : { fault }),
    };
  }

  #nodeOf(records: readonly CloudRecord[]): string | undefined {
    return records.map(({ tags }) => tags[NODE_TAG]).find((node) => node !== undefined);
  }

  #namedIn(input: CloudRequest['input']): CloudRecord[] {
    const named = new Set(Object.values(input).flat());
    return this.#all().filter(({ id }) => named.has(id));
  }
}

const WITHOUT_EFFECT: readonly Fault['fault'][] = ['hang', 'cut-before', 'crash-before'];
