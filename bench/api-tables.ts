/** The figures of the API as tables. */
import type { Tally } from './api-listeners.js';
import type { LoadSample } from './api-load.js';
import type { Table } from './report.js';
import { formatSpread, ratioOf, spreadOf } from './statistics.js';

export interface ApiFigures {
  readonly size: { readonly listeners: number; readonly rate: number; readonly heldSeconds: number };
  /** At the rate that is to be held. */
  readonly held: LoadSample;
  /** That the API was busy with meanwhile. */
  readonly cores: number;
  /** Events sent meanwhile. */
  readonly beats: number;
  readonly tally: Tally;
  /** MiB of the API: warm, with the listeners, at the end of everything. */
  readonly memory: { readonly before: number; readonly listening: number; readonly after: number };
  /** By kind of read and side, as fast as it goes. */
  readonly pace: Readonly<Record<string, Readonly<Record<string, readonly LoadSample[]>>>>;
}

const mib = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(0)} MiB` : '–');

export function rateTables({ size, held, cores, beats, tally, memory }: ApiFigures): readonly Table[] {
  const { rate, heldSeconds, listeners } = size;
  return [
    {
      columns: [
        `${rate.toLocaleString('en')} reads/s wanted, ${heldSeconds} s`,
        'reads/s',
        'p50 ms',
        'p99 ms',
        'max ms',
        'errors',
        'cores of the API',
      ],
      rows: [
        [
          'the mix',
          held.perSecond.toFixed(0),
          held.p50.toFixed(0),
          held.p99.toFixed(0),
          held.max.toFixed(0),
          String(held.errors),
          Number.isFinite(cores) ? cores.toFixed(2) : '–',
        ],
      ],
    },
    {
      columns: ['meanwhile', 'listeners', 'events', 'heard', 'lost', 'twice', 'p50 ms', 'p99 ms', 'max ms'],
      rows: [
        [
          'events to everybody',
          listeners.toLocaleString('en'),
          String(beats),
          tally.heard.toLocaleString('en'),
          String(tally.lost),
          String(tally.twice),
          ...[tally.p50, tally.p99, tally.max].map((ms) => ms.toFixed(0)),
        ],
      ],
    },
    {
      columns: ['memory of the API (RSS)', 'warm', 'with the listeners', 'after everything'],
      rows: [['nodeyard api', mib(memory.before), mib(memory.listening), mib(memory.after)]],
    },
  ];
}

/** A row for each kind of read, a peer’s rate and the ratio beside nodeyard’s. */
export function paceTable({ pace }: ApiFigures): Table {
  const rate = (samples: readonly LoadSample[]): number[] => samples.map(({ perSecond }) => perSecond);
  const peer = (ours: readonly LoadSample[], theirs: readonly LoadSample[] | undefined): string[] =>
    theirs === undefined
      ? ['–', '–']
      : [formatSpread(spreadOf(rate(theirs))), formatSpread(ratioOf(rate(ours), rate(theirs)), 2)];
  return {
    columns: ['reads/s', 'nodeyard', 'p50 ms', 'p99 ms', 'BullMQ', '×', 'constant', '×'],
    rows: Object.entries(pace).map(([kind, { nodeyard = [], BullMQ, constant }]) => [
      kind,
      formatSpread(spreadOf(rate(nodeyard))),
      formatSpread(spreadOf(nodeyard.map(({ p50 }) => p50))),
      formatSpread(spreadOf(nodeyard.map(({ p99 }) => p99))),
      ...peer(nodeyard, BullMQ),
      ...peer(nodeyard, constant),
    ]),
  };
}
