/** Everything that exists in one cloud, and the means by which calls read and change it. */
import { createHash, randomBytes } from 'node:crypto';
import { CloudRefusal, notFound } from './errors.js';
import { type CloudRecord, exists, type Kind, type RecordOf } from './records.js';
import type { CloudSettings } from './settings.js';

export const ACCOUNT = '123456789012';

const PREFIXES: Readonly<Record<Kind, string>> = {
  instance: 'i',
  volume: 'vol',
  address: 'eipalloc',
  'security-group': 'sg',
  'security-group-rule': 'sgr',
  'spot-request': 'sir',
};

export class World {
  readonly settings: CloudSettings;
  readonly #records = new Map<string, CloudRecord>();
  readonly #now: () => number;
  /** While a call is carried out: its moment, and what its resources were before. */
  #attempt: { readonly at: number; readonly before: Map<string, CloudRecord | undefined> } | undefined;

  constructor(settings: CloudSettings, now: () => number) {
    this.settings = settings;
    this.#now = now;
  }

  get now(): number {
    return this.#attempt?.at ?? this.#now();
  }

  put(record: CloudRecord): void {
    const before = this.#attempt?.before;
    if (before?.has(record.id) === false) before.set(record.id, this.#records.get(record.id));
    this.#records.set(record.id, record);
  }

  /** Carries a call out at one moment, wholly or not at all. */
  attempt<T>(call: () => T): {
    readonly output: T;
    readonly made: Set<string>;
    readonly changed: CloudRecord[];
  } {
    const before = new Map<string, CloudRecord | undefined>();
    this.#attempt = { at: this.#now(), before };
    try {
      const output = call();
      const made = new Set([...before].filter(([, record]) => record === undefined).map(([id]) => id));
      return { output, made, changed: [...before.keys()].flatMap((id) => this.#records.get(id) ?? []) };
    } catch (error) {
      for (const [id, record] of before) {
        if (record === undefined) this.#records.delete(id);
        else this.#records.set(id, record);
      }
      throw error;
    } finally {
      this.#attempt = undefined;
    }
  }

  /** Of every region, those included that have ended. */
  all(): CloudRecord[] {
    return [...this.#records.values()];
  }

  existing(): CloudRecord[] {
    return this.all().filter((record) => exists(record, this.now));
  }

  list<K extends Kind>(kind: K, region: string): RecordOf<K>[] {
    return this.all().filter(
      (record): record is RecordOf<K> =>
        record.kind === kind && record.region === region && record.visibleAt <= this.now,
    );
  }

  living<K extends Kind>(kind: K, region: string): RecordOf<K>[] {
    return this.list(kind, region).filter((record) => exists(record, this.now));
  }

  /** Throws the kind’s `…NotFound`. A terminated instance is still found, as EC2 shows it for an hour. */
  find<K extends Kind>(kind: K, region: string, id: string): RecordOf<K> {
    const record = this.list(kind, region).find((candidate) => candidate.id === id);
    if (record === undefined) throw notFound(id);
    if (record.kind !== 'instance' && !exists(record, this.now)) throw notFound(id);
    return record;
  }

  newId(kind: Kind | 'association'): string {
    const prefix = kind === 'association' ? 'eipassoc' : PREFIXES[kind];
    return `${prefix}-0${randomBytes(8).toString('hex')}`;
  }

  newPrivateIp(): string {
    return `10.${randomBytes(3).join('.')}`;
  }

  /** Of the range that is kept for benchmarks (RFC 2544), so that it leads nowhere. */
  newPublicIp(): string {
    return `198.18.${randomBytes(2).join('.')}`;
  }

  /** What requests name and no call has made: the account has it, unless `missing` lists it. */
  requireForeign(...names: readonly (string | undefined)[]): void {
    for (const name of names) {
      if (name !== undefined && this.settings.missing.includes(name)) throw notFound(name);
    }
  }

  requireQuota(kind: Kind, region: string, most: number, code: string, what: string): void {
    if (this.living(kind, region).length < most) return;
    throw new CloudRefusal(
      code,
      `You have requested more ${what} than your current limit of ${most} allows.`,
    );
  }
}

/** The network that stands in every region from the beginning; ids are the same in every cloud. */
export const defaultVpc = (region: string): string => `vpc-0${digest(region)}`;
export const defaultGroup = (vpcId: string): string => `sg-0${digest(vpcId)}`;
export const defaultSubnet = (zone: string): string => `subnet-0${digest(zone)}`;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
