/** What is true at one moment, read past every gate: the records and documents in Redis, the run directories, the cloud. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { FENCE_FIELDS, nodeKey } from '../../src/node/keys.js';
import type { NodeState } from '../../src/node/lifecycle.js';
import { quarantineKey, SUMMARY_FIELD, stateKey } from '../../src/state/keys.js';
import type { StateRepository } from '../../src/state/repository.js';
import { REMOVED, RunPaths } from '../../src/state/run-paths.js';
import type { ModelHost } from './host.js';

export interface SeenRecord {
  readonly state: NodeState;
  readonly epoch: number;
  readonly holder: string;
  /** Ids of the resources that its runs have noted in the record. */
  readonly listed: ReadonlySet<string>;
}

export interface SeenQuarantine {
  readonly nodeId: string;
  readonly epoch: number;
  readonly ids: ReadonlySet<string>;
}

export interface SeenDirectory {
  readonly path: string;
  readonly nodeId: string;
  /** In a file that recovery reads. */
  readonly ids: ReadonlySet<string>;
  /** In one that no Terraform can tear any more. */
  readonly safe: ReadonlySet<string>;
}

/** What Redis holds. */
export interface Stored {
  /** By node; a node without a record is not there. */
  readonly records: ReadonlyMap<string, SeenRecord>;
  /** By node: what its canonical document holds. */
  readonly canonical: ReadonlyMap<string, ReadonlySet<string>>;
  readonly quarantined: readonly SeenQuarantine[];
}

const NOTHING: ReadonlySet<string> = new Set();

/** Ids of the things in a document; undefined where it is not whole. */
function idsIn(text: string): ReadonlySet<string> | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return new Set([...text.matchAll(/"id":\s*"(r-\d+)"/g)].map(([, id = '']) => id));
}

/** Reads documents once, by their hash. */
export class StoredReader {
  readonly #redis: Redis;
  readonly #states: StateRepository;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(redis: Redis, states: StateRepository) {
    this.#redis = redis;
    this.#states = states;
  }

  async read(nodeIds: readonly string[]): Promise<Stored> {
    const reads = this.#redis.pipeline();
    for (const id of nodeIds) {
      reads.hmget(nodeKey(id), FENCE_FIELDS.state, FENCE_FIELDS.epoch, FENCE_FIELDS.leaseHolder, 'resources');
      reads.hget(stateKey(id), 'summary');
      reads.hkeys(quarantineKey(id));
    }
    const answers = (await reads.exec()) ?? [];
    const records = new Map<string, SeenRecord>();
    const canonical = new Map<string, ReadonlySet<string>>();
    const quarantined: SeenQuarantine[] = [];
    for (const [index, id] of nodeIds.entries()) {
      const [fence, summary, fields] = answers.slice(index * 3, index * 3 + 3).map(([, answer]) => answer);
      const [state, epoch, holder, resources] = fence as (string | null)[];
      if (state != null) {
        records.set(id, {
          state: state as NodeState,
          epoch: Number(epoch ?? 0),
          holder: holder ?? '',
          listed: idsIn(resources ?? '[]') ?? NOTHING,
        });
      }
      if (typeof summary === 'string') {
        canonical.set(id, await this.#ids(summary, async () => (await this.#states.load(id))?.document));
      }
      for (const field of fields as string[]) {
        if (!field.startsWith(SUMMARY_FIELD)) continue;
        const of = Number(field.slice(SUMMARY_FIELD.length));
        const text = (await this.#redis.hget(quarantineKey(id), field)) ?? '';
        const load = async () => (await this.#states.loadQuarantined(id, of))?.document;
        quarantined.push({ nodeId: id, epoch: of, ids: await this.#ids(text, load) });
      }
    }
    return { records, canonical, quarantined };
  }

  async #ids(summary: string, load: () => Promise<Uint8Array | undefined>): Promise<ReadonlySet<string>> {
    const { sha256 } = JSON.parse(summary) as { sha256: string };
    const known = this.#known.get(sha256);
    if (known !== undefined) return known;
    const ids = idsIn(new TextDecoder().decode(await load())) ?? NOTHING;
    this.#known.set(sha256, ids);
    return ids;
  }
}

/** The run directories of a host, as recovery would find them. */
export function directoriesOf(host: ModelHost): readonly SeenDirectory[] {
  if (!existsSync(host.runsDir)) return [];
  const names = readdirSync(host.runsDir).filter((name) => !name.startsWith(REMOVED));
  return names.flatMap((name) => {
    const paths = new RunPaths(join(host.runsDir, name));
    if (!existsSync(paths.metaFile)) return [];
    const alive = host.runs.some(({ terraform }) => terraform.options.cwd === paths.path);
    const state = read(paths.state);
    const kept = [...read(paths.goodState), ...read(paths.erroredState)];
    const safe = new Set([...kept, ...(alive ? [] : state)]);
    return [{ path: paths.path, nodeId: paths.name?.nodeId ?? '', ids: new Set([...kept, ...state]), safe }];
  });
}

const read = (file: string): ReadonlySet<string> =>
  existsSync(file) ? (idsIn(readFileSync(file, 'utf8')) ?? NOTHING) : NOTHING;
