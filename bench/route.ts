/**
 * How many questions “which nodes serve next?” one API server answers, and how fast, with a thousand nodes in a role: over HTTP with a token, beside a
 * plain fastify that answers a constant of the same size, in the same process and in turns.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fastify from 'fastify';
import { z } from 'zod';
import { startApi } from '../src/api.js';
import { groupConfigSchema } from '../src/groups/config.js';
import type { RoutedNode } from '../src/routing/routing.js';
import { nodeAt } from '../test/store/support.js';
import { Yard } from '../test/support/yard.js';
import { interleave, millisecondsOf } from './measure.js';
import type { BenchContext, Report } from './report.js';
import { formatSpread, ratioOf, spreadOf } from './statistics.js';

const NODES = 1_000;
const QUICK_NODES = 200;
const CONNECTIONS = 32;
/** How many nodes have a heartbeat written per second while it is measured: all of them, every ten seconds. */
const HEARTBEAT_MS = 10_000;
const METRICS = { cpu: 0.5 };

interface Sample {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Roles by how their nodes are ranked. */
const ROLES = { connections: 'connections', measure: '(connections / 200) * 10 + cpu' } as const;

export async function routeBenchmark({ quick, signal, say }: BenchContext): Promise<Report> {
  const size = quick ? QUICK_NODES : NODES;
  const rounds = quick ? 1 : 5;
  const seconds = quick ? 1 : 4;
  const yard = await Yard.open({ NODEYARD_API_LISTEN: '127.0.0.1:0', NODEYARD_API_RATE_LIMIT: '0' });
  const { token } = await yard.app.tokens.create({ name: 'bench', scope: 'viewer' });
  const api = await startApi(yard.app);
  const ids = await populate(yard, size, signal);
  say(`route: ${size} nodes in each of ${Object.keys(ROLES).length} roles`);
  const ask = (role: string) => `${api.url}/v1/groups/media/route?role=${role}&count=3`;
  const headers = { authorization: `Bearer ${token}` };
  const body = await (await fetch(ask('connections'), { headers })).text();
  const plain = fastify({ logger: false });
  plain.get('/', (_, reply) => reply.type('application/json').send(body));
  const plainUrl = await plain.listen({ host: '127.0.0.1', port: 0 });
  const beats = keepBeating(yard, ids);
  try {
    const side = (url: string) => () => load(url, token, seconds, signal);
    const samples = await interleave(
      {
        ...Object.fromEntries(Object.keys(ROLES).map((role) => [role, side(ask(role))])),
        plain: side(plainUrl),
      },
      { rounds, warmups: 1, signal, onRound: (round) => say(`route: round ${round} of ${rounds}`) },
    );
    const alone = await oneByOne(ask('connections'), headers, quick ? 50 : 500);
    return report({ size, rounds, seconds, samples, alone, bytes: body.length });
  } finally {
    beats.stop();
    await plain.close();
    await api.close();
    await yard.close();
  }
}

async function populate(yard: Yard, size: number, signal: AbortSignal): Promise<readonly string[]> {
  const roles = Object.entries(ROLES).map(([role, capacityRanking]) => [
    role,
    { max: size, capacityRanking },
  ]);
  const put = await yard.app.groups.put(
    groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: Object.fromEntries(roles) }),
  );
  if ('refused' in put) throw new Error(put.refused);
  const ids: string[] = [];
  for (const role of Object.keys(ROLES)) {
    for (let number = 0; number < size; number += 50) {
      signal.throwIfAborted();
      const made = Array.from({ length: Math.min(50, size - number) }, () =>
        nodeAt(yard.app.store, 'INSERVICE', { group: 'media', role }),
      );
      ids.push(...(await Promise.all(made)).map(({ id }) => id));
    }
  }
  await Promise.all(ids.map((id, number) => beat(yard, id, number)));
  return ids;
}

const beat = (yard: Yard, id: string, number: number): Promise<unknown> =>
  yard.app.heartbeats.beat(id, {
    load: { connections: (number * 7_919) % 500, metrics: METRICS },
    silenceMs: 60_000,
  });

/** As the nodes do while people ask. */
function keepBeating(yard: Yard, ids: readonly string[]): { stop(): void } {
  let next = 0;
  const timer = setInterval(() => {
    for (let count = 0; count < Math.ceil(ids.length / (HEARTBEAT_MS / 100)); count += 1, next += 1)
      void beat(yard, ids[next % ids.length] ?? '', next).catch(() => undefined);
  }, 100);
  return { stop: () => clearInterval(timer) };
}

const AUTOCANNON = fileURLToPath(import.meta.resolve('autocannon'));
const told = z.object({
  requests: z.object({ average: z.number() }),
  latency: z.object({ p50: z.number(), p99: z.number() }),
  non2xx: z.number(),
  errors: z.number(),
});

/** In a process of its own: who asks must not take the time of who answers. */
async function load(url: string, token: string, seconds: number, signal: AbortSignal): Promise<Sample> {
  const shape = [
    '--connections',
    String(CONNECTIONS),
    '--duration',
    String(seconds),
    '--json',
    '--no-progress',
  ];
  const args = [AUTOCANNON, ...shape, '--headers', `authorization=Bearer ${token}`, url];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal, maxBuffer: 64 * 1024 ** 2 });
  const { requests, latency, non2xx, errors } = told.parse(JSON.parse(stdout));
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} answers were no success, ${errors} failed`);
  return { perSecond: requests.average, p50: latency.p50, p99: latency.p99 };
}

/** Milliseconds of single questions, one after the other; each answer is looked at. */
async function oneByOne(
  url: string,
  headers: Record<string, string>,
  times: number,
): Promise<readonly number[]> {
  const all: number[] = [];
  for (let time = 0; time < times; time += 1) {
    all.push(
      await millisecondsOf(async () => {
        const { nodes } = (await (await fetch(url, { headers })).json()) as { nodes: RoutedNode[] };
        if (nodes.length !== 3) throw new Error(`${nodes.length} nodes were answered`);
      }),
    );
  }
  return all.sort((a, b) => a - b);
}

interface Measured {
  readonly size: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  /** Sorted. */
  readonly alone: readonly number[];
  readonly bytes: number;
}

function report({ size, rounds, seconds, samples, alone, bytes }: Measured): Report {
  const nodes = size.toLocaleString('en');
  const of = (side: string, what: keyof Sample): number[] =>
    (samples[side] ?? []).map((sample) => sample[what]);
  const at = (part: number): string =>
    (alone[Math.floor((alone.length - 1) * part)] ?? Number.NaN).toFixed(1);
  const sides = {
    [`ranked by connections, ${nodes} nodes`]: 'connections',
    [`ranked by an expression, ${nodes} nodes`]: 'measure',
    'plain fastify, a constant': 'plain',
  };
  return {
    title: `Which of ${nodes} nodes serve next`,
    notes: [
      `GET /v1/groups/media/route?count=3 with a token over HTTP, ${CONNECTIONS} connections, ${seconds} s a round, median of ${rounds} interleaved rounds (min–max); autocannon in a process of its own, everything else (API, heartbeats of all nodes every ${HEARTBEAT_MS / 1_000} s, Redis beside it) on the same machine.`,
      `Plain fastify answers the same ${bytes} bytes as a constant, in the same process: × is its rate by ours, round by round.`,
      `One question at a time: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms.`,
    ],
    tables: [
      {
        columns: ['', 'answers per second', 'p50 ms', 'p99 ms', '×'],
        rows: Object.entries(sides).map(([words, side]) => [
          words,
          formatSpread(spreadOf(of(side, 'perSecond'))),
          formatSpread(spreadOf(of(side, 'p50'))),
          formatSpread(spreadOf(of(side, 'p99'))),
          side === 'plain' ? '' : formatSpread(ratioOf(of('plain', 'perSecond'), of(side, 'perSecond')), 1),
        ]),
      },
    ],
    data: { size, samples, alone },
  };
}
