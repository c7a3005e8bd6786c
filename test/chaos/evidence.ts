/** Everything that the verdict rests on, as it is at one moment: the cloud’s own word, the store, the directories, the processes. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../src/app.js';
import { isTerminal, OPERATIONS } from '../../src/node/lifecycle.js';
import type { NodeRecord } from '../../src/node/record.js';
import { resourceIds } from '../../src/state/document.js';
import * as stateKeys from '../../src/state/keys.js';
import * as storeKeys from '../../src/store/keys.js';
import type { SimulatedCloud } from '../simcloud/cloud/cloud.js';
import type { CloudRecord } from '../simcloud/cloud/records.js';
import { runProcesses } from './processes.js';
import type { Asked } from './producer.js';

export interface NodeEvidence {
  readonly id: string;
  readonly asked: Asked;
  /** Absent when the store does not know it. */
  readonly record?: Pick<NodeRecord, 'state' | 'failure'>;
  /** Ids of the resources that its state document holds; absent when it has none. */
  readonly held?: ReadonlySet<string>;
}

export interface Evidence {
  /** What exists in the cloud. */
  readonly resources: readonly CloudRecord[];
  readonly nodes: readonly NodeEvidence[];
  /** `node@epoch` */
  readonly quarantines: readonly string[];
  /** Jobs that create or destroy and have not ended: `create 17 active`. */
  readonly jobs: readonly string[];
  readonly runDirectories: readonly string[];
  /** Of runs; workers are none. */
  readonly processes: readonly string[];
  /** Keys, and places in indices, that nodes have left behind that are destroyed. */
  readonly keys: readonly string[];
}

export interface Witnesses {
  readonly app: Pick<App, 'store' | 'states' | 'queues' | 'redis'>;
  readonly cloud: Pick<SimulatedCloud, 'resources'>;
  readonly asked: ReadonlyMap<string, Asked>;
  readonly dataDirs: readonly string[];
  /** Everything of the run lies below it. */
  readonly home: string;
}

/** Throws REDIS_UNAVAILABLE. */
export async function gather({ app, cloud, asked, dataDirs, home }: Witnesses): Promise<Evidence> {
  const nodes: NodeEvidence[] = [];
  for (const [id, wish] of asked) nodes.push(await nodeEvidence(app, id, wish));
  const destroyed = nodes.filter(({ record }) => record !== undefined && isTerminal(record.state));
  return {
    nodes,
    quarantines: (await app.states.quarantined()).map(({ nodeId, epoch }) => `${nodeId}@${epoch}`),
    jobs: await openJobs(app),
    keys: await leftKeys(
      app,
      destroyed.map(({ id }) => id),
    ),
    runDirectories: dataDirs.flatMap(runDirectoriesIn),
    processes: runProcesses(home).map(({ pid, kind, command }) => `${kind} ${pid}: ${command}`),
    // Last: what the cloud holds now is at most younger than what the states say.
    resources: cloud.resources(),
  };
}

async function nodeEvidence(
  { store, states }: Witnesses['app'],
  id: string,
  asked: Asked,
): Promise<NodeEvidence> {
  const [record, stored] = await Promise.all([store.get(id), states.load(id)]);
  return {
    id,
    asked,
    ...(record === undefined ? {} : { record }),
    ...(stored === undefined ? {} : { held: resourceIds(stored.document) }),
  };
}

async function openJobs({ queues }: Witnesses['app']): Promise<string[]> {
  const jobs = await Promise.all(
    OPERATIONS.map(async (operation) => {
      const counts = await queues
        .queue(operation)
        .getJobCounts('active', 'waiting', 'delayed', 'prioritized');
      return Object.entries(counts).flatMap(([state, count]) =>
        count === 0 ? [] : [`${count} ${operation} ${state}`],
      );
    }),
  );
  return jobs.flat();
}

const runDirectoriesIn = (dataDir: string): string[] => {
  const runs = join(dataDir, 'runs');
  return existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name)) : [];
};

/** A destroyed node keeps its record and its history, and stands among the tombstones; nothing else. */
async function leftKeys({ redis }: Witnesses['app'], destroyed: readonly string[]): Promise<string[]> {
  const asks = redis.multi();
  const names: string[] = [];
  const ask = (name: string, add: () => void): void => {
    names.push(name);
    add();
  };
  for (const id of destroyed) {
    for (const keyOf of OF_A_NODE) ask(keyOf(id), () => asks.exists(keyOf(id)));
    for (const key of INDICES) ask(`${key} of ${id}`, () => asks.zscore(key, id));
  }
  if (names.length === 0) return [];
  const answers = (await asks.exec()) ?? [];
  return names.filter((_, index) => {
    const answer = answers[index]?.[1];
    return answer !== 0 && answer !== null;
  });
}

const OF_A_NODE = [
  stateKeys.stateKey,
  stateKeys.versionsKey,
  stateKeys.quarantineKey,
  stateKeys.configurationKey,
];
const INDICES = [
  stateKeys.STATES_KEY,
  storeKeys.UNATTENDED_KEY,
  storeKeys.EXPIRIES_KEY,
  storeKeys.UNWARNED_KEY,
  storeKeys.FAILED_DESTROYS_KEY,
];
