/** A simulation on a terminal: a picture of each role, what was done, what it came to. */
import type { Deed, RoleOutcome, SimulationOutcome } from '../scaling/simulation/outcome.js';
import { timeText } from '../scaling/simulation/picture.js';
import { loadRange, type PaintState, textPicture } from '../scaling/simulation/text-picture.js';
import type { Output, Style } from './output.js';
import { printable } from './printable.js';
import { cut, table } from './table.js';

const STYLES: Readonly<Record<Parameters<PaintState>[0], Style>> = {
  serving: 'green',
  coming: 'cyan',
  draining: 'yellow',
  ending: 'dim',
  failed: 'red',
  load: 'bold',
  unserved: 'red',
};
const DONE: Readonly<Record<Deed['do'], string>> = {
  create: 'created',
  sunset: 'drained',
  'drive-out': 'driven out',
  destroy: 'destroyed',
};
/** Wide enough for any curve; a line that is longer is hard to read. */
const WIDEST = 120;
const NARROWEST = 40;
/** With `--json` there are all of them. */
const SHOWN_DEEDS = 16;
/** Before the column that tells why. */
const OTHER_COLUMNS = 32;

export function simulationText(
  output: Output,
  outcome: SimulationOutcome,
  price: number | undefined,
): string {
  const { columns, isTTY } = output.screen;
  const width = Math.max(NARROWEST, Math.min(WIDEST, isTTY ? columns : 80));
  const paint: PaintState = (state, text) => output.paint(STYLES[state], text);
  const head = `group ${output.paint('bold', printable(outcome.group))}: ${timeText(outcome.length)}, a look every ${timeText(outcome.every)}, seed ${outcome.seed}`;
  const roles = outcome.roles.map((role) =>
    [
      '',
      `${output.paint('bold', `role ${printable(role.role)}`)}, ${role.min} to ${role.max} nodes, ${loadRange(role)}${HANDS[role.handOnly ?? 'auto']}`,
      textPicture(role, width, paint),
      '',
      deedTable(output, role.deeds, width),
      totalsText(role, price),
    ].join('\n'),
  );
  return [head, ...roles].join('\n');
}

const HANDS = {
  auto: '',
  paused: ': its group is paused, so nothing is done',
  manual: ': it is MANUAL, so nothing is done',
} as const;

function deedTable(output: Output, deeds: readonly Deed[], width: number): string {
  if (deeds.length === 0) return 'nothing was done';
  const room = Math.max(16, width - OTHER_COLUMNS);
  const rows = deeds
    .slice(0, SHOWN_DEEDS)
    .map(({ at, do: what, count, why }) => [
      timeText(at),
      DONE[what],
      String(count),
      cut(printable(why.replace(CENSUS, '')), room),
    ]);
  const more = deeds.length - rows.length;
  const made = table(output, ['AT', 'WHAT', 'NODES', 'WHY'], rows);
  return more === 0 ? made : `${made}\n… and ${more} more`;
}

/** On one line; also below the title of a drawn role. */
export function totalsText({ totals }: RoleOutcome, price: number | undefined): string {
  const { nodeHours, created, failed, destroyed, peak, cut: cutOff, unservedHours } = totals;
  const parts = [
    `${rounded(nodeHours)} node-hours${price === undefined ? '' : ` (${(nodeHours * price).toFixed(2)})`}`,
    `at most ${peak}`,
    `${created} created${failed > 0 ? `, ${failed} of them failed` : ''}`,
    `${destroyed} destroyed`,
    `${cutOff} clients cut off`,
    ...(unservedHours > 0 ? [`${rounded(unservedHours)} client-hours without a node`] : []),
  ];
  return parts.join(' · ');
}

/** With which every reason of a step begins; the picture shows it. */
const CENSUS = /^\d+ of \d+ to \d+: [^;]*; /;

const rounded = (value: number): string => String(Math.round(value * 100) / 100);
