/** A simulated role as characters: its nodes by state in columns over time, the load below them on the same axis. */
import type { RoleOutcome, Sample } from './outcome.js';
import {
  allOf,
  DRAWN_STATES,
  type DrawnState,
  narrowed,
  STATE_WORDS,
  shortNumber,
  timeText,
} from './picture.js';

export type PaintState = (state: DrawnState | 'load' | 'unserved', text: string) => string;

const ROWS = 12;
const GLYPHS: Readonly<Record<DrawnState, string>> = {
  serving: '█',
  coming: '░',
  draining: '▒',
  ending: '·',
  failed: '×',
};
const BARS = ' ▁▂▃▄▅▆▇█';
/** For the numbers at the left, and the axis. */
const MARGIN = 7;
const NARROWEST = 20;

/** No line is longer than `columns`, from 40 up. */
export function textPicture(outcome: RoleOutcome, columns: number, paint: PaintState): string {
  const samples = narrowed(outcome.samples, Math.max(NARROWEST, columns - MARGIN - 1));
  // With a few long looks each one is several columns wide.
  const wide = Math.max(1, Math.floor((columns - MARGIN - 1) / samples.length));
  const width = wide * samples.length;
  const most = Math.max(1, ...samples.map(allOf));
  const perRow = Math.max(1, Math.ceil(most / ROWS));
  const rows = Math.ceil(most / perRow);
  const lines = Array.from({ length: rows }, (_, index) => {
    const row = rows - 1 - index;
    const label = index === 0 || row === 0 || row % 4 === 3 ? String((row + 1) * perRow) : '';
    return `${label.padStart(MARGIN - 2)} │${painted(
      samples.map((sample) => stateAt(sample, row * perRow)),
      wide,
      paint,
    )}`;
  });
  const length = outcome.samples.at(-1)?.at ?? 0;
  return [
    ...lines.map((line) => line.trimEnd()),
    `${'0'.padStart(MARGIN - 2)} └${'─'.repeat(width)}`,
    `${'load'.padStart(MARGIN - 2)} │${loadLine(samples, wide, paint)}`,
    `${' '.repeat(MARGIN)}${axis(length, width)}`,
    legend(columns, paint),
  ].join('\n');
}

/** Whose node is the one that stands so high. */
function stateAt(sample: Sample, height: number): DrawnState | undefined {
  let top = 0;
  return DRAWN_STATES.find((state) => {
    top += sample[state];
    return height < top;
  });
}

/** Neighbours of one state are painted together. */
function painted(states: readonly (DrawnState | undefined)[], wide: number, paint: PaintState): string {
  const runs: { state: DrawnState | undefined; length: number }[] = [];
  for (const state of states) {
    const last = runs.at(-1);
    if (last !== undefined && last.state === state) last.length += wide;
    else runs.push({ state, length: wide });
  }
  return runs
    .map(({ state, length }) =>
      state === undefined ? ' '.repeat(length) : paint(state, GLYPHS[state].repeat(length)),
    )
    .join('');
}

/** Where some found no node, it is painted as that. */
function loadLine(samples: readonly Sample[], wide: number, paint: PaintState): string {
  const most = Math.max(1, ...samples.map(({ load }) => load));
  return samples
    .map(({ load, unserved }) => {
      const bar = BARS[Math.ceil((load / most) * (BARS.length - 1))] ?? ' ';
      return paint(unserved > 0 ? 'unserved' : 'load', bar.repeat(wide));
    })
    .join('');
}

function axis(length: number, width: number): string {
  const [middle, end] = [timeText(length / 2), timeText(length)];
  const left = `0${' '.repeat(Math.max(1, Math.floor(width / 2) - 1 - Math.floor(middle.length / 2)))}${middle}`;
  return `${left}${' '.repeat(Math.max(1, width - left.length - end.length))}${end}`;
}

function legend(columns: number, paint: PaintState): string {
  const entries = DRAWN_STATES.map((state) => ({ state, text: `${GLYPHS[state]} ${STATE_WORDS[state]}` }));
  const lines: { length: number; text: string }[] = [];
  for (const { state, text } of entries) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + text.length <= columns) {
      last.text += `   ${paint(state, text)}`;
      last.length += 3 + text.length;
    } else lines.push({ length: MARGIN + text.length, text: `${' '.repeat(MARGIN)}${paint(state, text)}` });
  }
  return lines.map(({ text }) => text).join('\n');
}

/** The most and the least of the load, as a note beside the picture. */
export const loadRange = ({ samples }: RoleOutcome): string => {
  const loads = samples.map(({ load }) => load);
  return `load ${shortNumber(Math.min(...loads))} to ${shortNumber(Math.max(...loads))}`;
};
