/** The samples of a fleet as a table. */
import type { FleetSample, Pass } from './fleet-sides.js';
import type { Table } from './report.js';
import { formatSpread, ratioOf, spreadOf } from './statistics.js';

/** One comparison: the first side is nodeyard, the others are what it is compared with. */
export interface FleetRounds {
  readonly name: string;
  /** Nodes per sample. */
  readonly count: number;
  readonly samples: Readonly<Record<string, readonly FleetSample[]>>;
  /** Peak in MiB by side; a side without one was not measured. */
  readonly memory: Readonly<Record<string, number>>;
}

export function fleetTable({ name, count, samples, memory }: FleetRounds): Table {
  const [ours = []] = Object.values(samples);
  const rows = Object.entries(samples).map(([side, theirs], index) => {
    const pass = (key: keyof FleetSample): string[] => {
      const [our, their] = [secondsOf(ours, key), secondsOf(theirs, key)];
      const { median } = spreadOf(their);
      return [
        formatSpread(spreadOf(their), 2),
        ((count / median) * 60).toFixed(0),
        index === 0 ? '' : formatSpread(ratioOf(their, our), 2),
      ];
    };
    const cpu = theirs.map(({ create, destroy }) => create.cpuSeconds + destroy.cpuSeconds);
    return [
      side,
      ...pass('create'),
      ...pass('destroy'),
      cpu.every(Number.isFinite) ? spreadOf(cpu).median.toFixed(1) : '–',
      memory[side] === undefined ? '–' : `${memory[side].toFixed(0)} MiB`,
    ];
  });
  return {
    columns: [name, 'create s', 'per min', '×', 'destroy s', 'per min', '×', 'CPU s', 'memory'],
    rows,
  };
}

const secondsOf = (samples: readonly FleetSample[], key: keyof FleetSample): number[] =>
  samples.map((sample): Pass => sample[key]).map(({ seconds }) => seconds);
