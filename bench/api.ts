/**
 * The reads of the HTTP API with a hundred thousand nodes in the store and a thousand listeners of its events: first at the rate
 * that it is to hold, where the events are counted one by one, then as fast as it goes, in turns with its peers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listen, Tally, Tell } from './api-listeners.js';
import { type LoadSample, load } from './api-load.js';
import { constantOf, jobReadsOf, KINDS, type Kind, MIX, mixed, readsOf } from './api-reads.js';
import { type ApiStage, useApiStage } from './api-stage.js';
import { type ApiFigures, paceTable, rateTables } from './api-tables.js';
import { interleave } from './measure.js';
import { cpuSecondsOf, residentMiBOf } from './process-tree.js';
import type { BenchContext, Report } from './report.js';
import { steadyLoad } from './steady-load.js';

const FULL = {
  nodes: 100_000,
  listeners: 1_000,
  rate: 2_000,
  heldSeconds: 30,
  rounds: 3,
  seconds: 3,
} as const;
const QUICK = { nodes: 5_000, listeners: 100, rate: 500, heldSeconds: 4, rounds: 1, seconds: 1 } as const;

const CONNECTIONS = 20;
/** Between two events; a thousand listeners make so many thousand messages of each. */
const BEAT_MS = 200;

export async function apiBenchmark(context: BenchContext): Promise<Report> {
  const size = context.quick ? QUICK : FULL;
  return useApiStage(size.nodes, context, async (stage) => {
    const paths = readsOf(size.nodes);
    const mix = mixed(paths);
    const common = { url: stage.url, token: stage.token, connections: CONNECTIONS, signal: context.signal };
    const constants = await answersOf(stage, paths);
    const peers = await stage.openPeers(constants);
    // Once through the code, so that neither memory nor times are those of a server that has only begun.
    await load({ ...common, paths: mix, seconds: size.seconds });
    const before = residentMiBOf(stage.pid);

    const listeners = await stage.openListeners();
    const listen: Listen = { url: stage.url, token: stage.token, count: size.listeners };
    await listeners.ask(listen);
    const listening = residentMiBOf(stage.pid);

    context.say(`api: ${size.rate} reads a second for ${size.heldSeconds} s, ${size.listeners} listeners`);
    const beats = startBeats(stage);
    const cpuBefore = cpuSecondsOf(stage.pid);
    const held = await steadyLoad({
      ...common,
      paths: mix,
      seconds: size.heldSeconds,
      rate: size.rate,
    });
    const cores = (cpuSecondsOf(stage.pid) - cpuBefore) / size.heldSeconds;
    const tell: Tell = { sent: await beats.stop() };
    const tally = await listeners.ask<Tally>(tell);
    refuseLosses(tally, tell.sent, size.listeners);

    const pace = await paceOf({ stage, peers, paths, mix, context });
    const memory = { before, listening, after: residentMiBOf(stage.pid) };
    const figures: ApiFigures = { size, held, cores, beats: tell.sent, tally, memory, pace };
    return {
      title: `The HTTP API with ${size.nodes.toLocaleString('en')} nodes and ${size.listeners.toLocaleString('en')} listeners`,
      notes: NOTES,
      tables: [...rateTables(figures), paceTable(figures)],
      data: figures,
    };
  });
}

const NOTES = [
  `Load, listeners, API and Redis share the machine. ${CONNECTIONS} connections, one request at a time on each, a token that is checked; no rate limit. Any answer but 200 ends the benchmark.`,
  `The mix: of twenty requests ${KINDS.map((kind) => `${MIX[kind]} ${kind}`).join(', ')}; from all over the nodes. Pages: half of all live nodes, half of one group in one state.`,
  'At the rate that is to be held, latencies count from when a request was due. Meanwhile five events a second happen, which every listener has to hear once and in order, or the benchmark ends; their delay counts from before the write to the listener.',
  'As fast as it goes: autocannon, with the listeners still there; median of interleaved rounds (min–max), × is nodeyard’s rate by the peer’s, round by round. Constant: the same JSON as a constant of a plain Fastify without token, limits, checks or Redis: as much as such a server can do at all. BullMQ: the calls of its own client (which dashboards of jobs are made of) behind a plain Fastify, on as many jobs with the same content.',
];

/** One real answer of each kind, which the constants repeat. */
async function answersOf(
  { url, token }: ApiStage,
  paths: Readonly<Record<Kind, readonly string[]>>,
): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const kind of KINDS) {
    answers[constantOf(kind).split('/').at(-1) ?? ''] = await answerOf(`${url}${paths[kind][0]}`, token);
  }
  return answers;
}

/** Throws for an answer that says nothing: it would be quick. */
async function answerOf(url: string, token?: string): Promise<unknown> {
  const response = await fetch(
    url,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
  const text = await response.text();
  if (response.status !== 200 || text.length < LEAST_CHARS)
    throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}
const LEAST_CHARS = 50;

/** Events of one node, numbered, one after the other. `stop` answers how many there were. */
function startBeats({ store }: ApiStage): { stop(): Promise<number> } {
  let stopped = false;
  let sent = 0;
  const beat = async (): Promise<void> => {
    while (!stopped) {
      if (!(await store.note('n0', { actor: 'operator', reason: `beat ${sent} ${Date.now()}` })))
        throw new Error('there is no node n0');
      sent += 1;
      await sleep(BEAT_MS);
    }
  };
  const beating = beat();
  beating.catch(() => undefined);
  return {
    async stop() {
      stopped = true;
      await beating;
      return sent;
    },
  };
}

function refuseLosses({ heard, lost, twice, ended }: Tally, sent: number, listeners: number): void {
  if (lost + twice + ended === 0 && heard === sent * listeners) return;
  throw new Error(
    `${sent} events for ${listeners} listeners: ${heard} were heard, ${lost} lost, ${twice} heard twice; ${ended} listeners were cut off`,
  );
}

interface PaceParts {
  readonly stage: ApiStage;
  readonly peers: string;
  readonly paths: Readonly<Record<Kind, readonly string[]>>;
  readonly mix: readonly string[];
  readonly context: BenchContext;
}

/** By kind and side. */
async function paceOf({ stage, peers, paths, mix, context }: PaceParts): Promise<ApiFigures['pace']> {
  const { nodes, rounds, seconds } = context.quick ? QUICK : FULL;
  const { signal, say } = context;
  const common = { seconds, connections: CONNECTIONS, signal };
  const jobs = jobReadsOf(nodes);
  const ours = (reads: readonly string[]) => () =>
    load({ ...common, url: stage.url, token: stage.token, paths: reads });
  const theirs = (reads: readonly string[]) => () => load({ ...common, url: peers, paths: reads });
  const constants: Readonly<Record<Kind, readonly string[]>> = {
    'one node': [constantOf('one node')],
    'page of 20': [constantOf('page of 20')],
    counts: [constantOf('counts')],
    history: [constantOf('history')],
  };
  const pace: Record<string, Readonly<Record<string, readonly LoadSample[]>>> = {};
  for (const kind of [...KINDS, 'mix'] as const) {
    const reads = kind === 'mix' ? mix : paths[kind];
    const jobReads = kind === 'mix' ? undefined : jobs[kind];
    if (jobReads !== undefined) await answerOf(`${peers}${jobReads[0]}`);
    pace[kind] = await interleave<string, LoadSample>(
      {
        nodeyard: ours(reads),
        constant: theirs(kind === 'mix' ? mixed(constants) : constants[kind]),
        ...(jobReads === undefined ? {} : { BullMQ: theirs(jobReads) }),
      },
      {
        rounds,
        warmups: context.quick ? 0 : 1,
        signal,
        onRound: (round) => say(`api: ${kind}, round ${round} of ${rounds}`),
      },
    );
  }
  return pace;
}
