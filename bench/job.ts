/**
 * One job through the queue, from the request to the answer, against one bare Terraform on the same configuration; and
 * where the time of the job goes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeState } from '../src/node/lifecycle.js';
import type { NodeRecord } from '../src/node/record.js';
import { interleave, millisecondsOf } from './measure.js';
import { PlainTerraform } from './plain-terraform.js';
import type { BenchContext, Report } from './report.js';
import { differenceOf, formatSpread, ratioOf, spreadOf } from './statistics.js';
import { BenchYard } from './yard.js';

interface Sample {
  readonly create: number;
  readonly destroy: number;
}

/** Where the milliseconds of a create go. */
interface Parts {
  /** Recorded, until the worker has taken the lease. */
  readonly queue: number;
  /** Synthesis, run directory, start of the process, until Terraform’s first line. */
  readonly start: number;
  /** From Terraform’s first line to its last. */
  readonly terraform: number;
  /** Its end, the state brought home, the record written. */
  readonly store: number;
  /** Until the producer knows. */
  readonly told: number;
}

export async function jobBenchmark({ quick, signal, say }: BenchContext): Promise<Report> {
  const rounds = quick ? 5 : 30;
  return BenchYard.use(signal, async (yard) => {
    const plain = await PlainTerraform.open(yard, signal);
    const like = await yard.create('tiny', 1);
    const configurations = await plain.configurationsOf(like);
    await yard.destroy(like);
    const parts: Parts[] = [];
    const samples = await interleave(
      {
        job: async (): Promise<Sample> => {
          let made: readonly NodeRecord[] = [];
          const create = await millisecondsOf(async () => {
            made = await yard.create('tiny', 1);
          });
          const toldAt = Date.now();
          for (const node of made) parts.push(await partsOf(yard, node, toldAt));
          const destroy = await millisecondsOf(() => yard.destroy(made));
          return { create, destroy };
        },
        plain: async (): Promise<Sample> => {
          const [directory = ''] = plain.directoriesWith(configurations);
          const create = await millisecondsOf(() => plain.run('apply', directory));
          const destroy = await millisecondsOf(() => plain.run('destroy', directory));
          return { create, destroy };
        },
      },
      { rounds, warmups: quick ? 1 : 3, signal, onRound: (round) => say(`job: round ${round} of ${rounds}`) },
    );
    return report(samples.job, samples.plain, parts.slice(-rounds));
  });
}

function report(job: readonly Sample[], plain: readonly Sample[], parts: readonly Parts[]): Report {
  const verb = (name: string, key: keyof Sample): string[] => {
    const [ours, theirs] = [job.map((sample) => sample[key]), plain.map((sample) => sample[key])];
    return [
      name,
      formatSpread(spreadOf(ours)),
      formatSpread(spreadOf(theirs)),
      formatSpread(differenceOf(ours, theirs)),
      formatSpread(ratioOf(ours, theirs), 2),
    ];
  };
  const part = (name: string, key: keyof Parts): string[] => [
    name,
    formatSpread(spreadOf(parts.map((sample) => sample[key]))),
  ];
  return {
    title: 'One job against one bare terraform apply',
    notes: [
      `Two terraform_data resources; ms, median of ${job.length} interleaved rounds (min–max), difference and ratio round by round.`,
      'The job: from requestNode to the producer knowing CREATED, from requestDestruction to DESTROYED; one worker, idle otherwise.',
      'Bare: the same cdk.tf.json, data directory, environment and flags without -json, from the start of the process to its end.',
    ],
    tables: [
      {
        columns: ['ms', 'job', 'bare terraform', 'difference', 'ratio'],
        rows: [verb('create', 'create'), verb('destroy', 'destroy')],
      },
      {
        columns: ['of the create', 'ms'],
        rows: [
          part('recorded, queued, leased', 'queue'),
          part('synthesized, process started, to Terraform’s first line', 'start'),
          part('Terraform, first line to last', 'terraform'),
          part('process ended, state and record stored', 'store'),
          part('producer told', 'told'),
        ],
      },
    ],
    data: { job, plain, parts },
  };
}

/** Read from the node’s history (the clock of Redis) and its run log (Terraform’s clock): both are this machine’s. */
async function partsOf(yard: BenchYard, { id }: NodeRecord, toldAt: number): Promise<Parts> {
  const history = await yard.app.store.history(id);
  const at = (state: NodeState): number => history.find(({ to }) => to === state)?.at ?? Number.NaN;
  const [first, last] = logTimes(join(yard.app.directories.logs, id));
  return {
    queue: at('CREATING') - at('REQUESTED'),
    start: first - at('CREATING'),
    terraform: last - first,
    store: at('CREATED') - last,
    told: toldAt - at('CREATED'),
  };
}

/** When the first and the last line of the only run log in the directory were written. */
function logTimes(directory: string): [number, number] {
  const name = readdirSync(directory).find((entry) => entry.endsWith('.jsonl')) ?? '';
  const lines = readFileSync(join(directory, name), 'utf8').trimEnd().split('\n');
  const time = (line: string | undefined): number =>
    Date.parse((JSON.parse(line ?? '{}') as Record<string, string>)['@timestamp'] ?? '');
  return [time(lines[0]), time(lines.at(-1))];
}
