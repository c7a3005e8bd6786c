/** A simulation as one SVG that needs nothing else: for each role its nodes by state as areas, the load as a line, what was done as marks. */
import type { Deed, RoleOutcome, Sample, SimulationOutcome } from './outcome.js';
import {
  allOf,
  DRAWN_STATES,
  type DrawnState,
  narrowed,
  niceStep,
  STATE_WORDS,
  shortNumber,
  timeText,
} from './picture.js';

const WIDTH = 960;
const PANEL = 300;
const PLOT = { left: 64, right: 72, top: 44, bottom: 56 };
const HEAD = 84;
const MOST_COLUMNS = 800;
const MOST_MARKS = 200;

/** Told apart also without colour, by their lightness. */
const FILLS: Readonly<Record<DrawnState, string>> = {
  serving: '#1b7f4d',
  coming: '#8fc7ff',
  draining: '#f2b134',
  ending: '#b9b9c3',
  failed: '#c0392b',
};
const LOAD = '#222244';
const UNSERVED = '#c0392b';
const MARKS: Readonly<Record<Deed['do'], string>> = {
  create: '▲',
  sunset: '▼',
  'drive-out': '▽',
  destroy: '✕',
};
const MARK_WORDS: Readonly<Record<Deed['do'], string>> = {
  create: 'nodes created',
  sunset: 'drained',
  'drive-out': 'driven out',
  destroy: 'destroyed',
};

/** `remarks` are lines below the title: costs, counts. */
export function svgPicture(
  outcome: SimulationOutcome,
  remarks: Readonly<Record<string, string>> = {},
): string {
  const height = HEAD + outcome.roles.length * PANEL;
  const title = `Simulation of group ${outcome.group}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(PLOT.left, 26, title, { size: 18, weight: 'bold' }),
    ...legend(),
    ...outcome.roles.map((role, index) =>
      panel(role, HEAD + index * PANEL, Math.max(1, outcome.length), remarks[role.role] ?? ''),
    ),
    '</svg>',
    '',
  ].join('\n');
}

function panel(outcome: RoleOutcome, top: number, length: number, remark: string): string {
  const samples = narrowed(outcome.samples, MOST_COLUMNS);
  const [left, right] = [PLOT.left, WIDTH - PLOT.right];
  const [ceiling, ground] = [top + PLOT.top, top + PANEL - PLOT.bottom];
  const mostNodes = Math.max(1, outcome.max, ...samples.map(allOf));
  const mostLoad = Math.max(1, ...samples.map(({ load }) => load));
  const x = (at: number): number => left + ((right - left) * at) / length;
  const nodesY = (nodes: number): number => ground - ((ground - ceiling) * nodes) / mostNodes;
  const loadY = (load: number): number => ground - ((ground - ceiling) * load) / mostLoad;
  const scale = { x, nodesY, loadY };
  return [
    `<g>`,
    text(left, top + 18, `role ${outcome.role}`, { size: 14, weight: 'bold' }),
    text(left, top + 34, remark, { fill: '#555566' }),
    ...areas(samples, scale),
    // A bound is a thin line across.
    ...(['min', 'max'] as const).map(
      (bound) =>
        `<line x1="${left}" x2="${right}" y1="${round(nodesY(outcome[bound]))}" y2="${round(nodesY(outcome[bound]))}" stroke="#555566" stroke-dasharray="3 4" stroke-width="1"><title>${bound} ${outcome[bound]}</title></line>`,
    ),
    `<polyline fill="none" stroke="${LOAD}" stroke-width="1.6" points="${samples.map(({ at, load }) => `${round(x(at))},${round(loadY(load))}`).join(' ')}"/>`,
    ...unserved(samples, scale, ceiling),
    ...marks(outcome.deeds, x, ground),
    `<path d="M${left} ${ceiling}V${ground}H${right}V${ceiling}" fill="none" stroke="#333344"/>`,
    ...stepsTo(mostNodes, 4).map((value) =>
      text(left - 8, nodesY(value) + 4, shortNumber(value), { anchor: 'end' }),
    ),
    ...stepsTo(mostLoad, 4).map((value) => text(right + 8, loadY(value) + 4, shortNumber(value))),
    ...timeSteps(length).map((value) => text(x(value), ground + 32, timeText(value), { anchor: 'middle' })),
    turned(left - 46, (ceiling + ground) / 2, 'nodes'),
    turned(right + 58, (ceiling + ground) / 2, 'load (clients)'),
    text((left + right) / 2, ground + 50, 'time', { anchor: 'middle' }),
    `</g>`,
  ].join('\n');
}

interface Scale {
  readonly x: (at: number) => number;
  readonly nodesY: (nodes: number) => number;
}

/** Each state stands upon the one before it; nodes come and go in steps. */
function areas(samples: readonly Sample[], { x, nodesY }: Scale): string[] {
  const ground = new Array<number>(samples.length).fill(0);
  return DRAWN_STATES.flatMap((state) => {
    if (samples.every((sample) => sample[state] === 0)) return [];
    const tops = samples.map((sample, index) => (ground[index] ?? 0) + sample[state]);
    const upper = steps(samples, tops, { x, nodesY });
    const lower = steps(samples, ground, { x, nodesY }).reverse();
    for (const [index, top] of tops.entries()) ground[index] = top;
    return [`<path d="M${[...upper, ...lower].join('L')}Z" fill="${FILLS[state]}" fill-opacity="0.85"/>`];
  });
}

/** Only where the height changes, and at both ends. */
function steps(samples: readonly Sample[], heights: readonly number[], { x, nodesY }: Scale): string[] {
  return samples.flatMap(({ at }, index) => {
    const [before, here] = [heights[index - 1], heights[index] ?? 0];
    const point = (height: number): string => `${round(x(at))} ${round(nodesY(height))}`;
    if (before === undefined) return [point(here)];
    if (before !== here) return [point(before), point(here)];
    return index === samples.length - 1 ? [point(here)] : [];
  });
}

/** Times in which some found no node, along the upper edge. */
function unserved(samples: readonly Sample[], { x }: Scale, ceiling: number): string[] {
  return samples.flatMap((sample, index) => {
    const next = samples[index + 1];
    if (sample.unserved === 0 || next === undefined) return [];
    const [from, to] = [x(sample.at), x(next.at)];
    return [
      `<rect x="${round(from)}" y="${ceiling - 6}" width="${round(Math.max(0.5, to - from))}" height="5" fill="${UNSERVED}"/>`,
    ];
  });
}

/** Below the axis; each tells what and why when it is pointed at. */
function marks(deeds: readonly Deed[], x: (at: number) => number, ground: number): string[] {
  const every = Math.max(1, Math.ceil(deeds.length / MOST_MARKS));
  return deeds
    .filter((_, index) => index % every === 0)
    .map(({ at, do: what, count, why }) => {
      const said = `${timeText(at)}: ${count} ${MARK_WORDS[what]}: ${why}`;
      return `<text x="${round(x(at))}" y="${ground + 14}" font-size="9" text-anchor="middle" fill="#333344">${MARKS[what]}<title>${escaped(said)}</title></text>`;
    });
}

function legend(): string[] {
  const entries = [
    ...DRAWN_STATES.map((state) => ({
      sign: `<rect width="12" height="12" fill="${FILLS[state]}"/>`,
      words: STATE_WORDS[state],
    })),
    { sign: `<path d="M0 6H12" stroke="${LOAD}" stroke-width="2"/>`, words: 'load' },
    { sign: `<rect y="4" width="12" height="5" fill="${UNSERVED}"/>`, words: 'no node for some' },
    ...(Object.keys(MARKS) as Deed['do'][]).map((what) => ({
      sign: `<text x="6" y="10" font-size="11" text-anchor="middle">${MARKS[what]}</text>`,
      words: MARK_WORDS[what],
    })),
  ];
  const columns = 6;
  return entries.map(({ sign, words }, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const place = `translate(${PLOT.left + column * 142} ${38 + row * 20})`;
    return `<g transform="${place}">${sign}${text(18, 10, words)}</g>`;
  });
}

const stepsTo = (most: number, marks: number): number[] => {
  const step = Math.max(niceStep(most, marks), most < 10 ? 1 : 0);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
};

const TIMES = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800];
function timeSteps(length: number): number[] {
  const step = (TIMES.find((seconds) => length / (seconds * 1_000) <= 8) ?? length / 8_000) * 1_000;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

interface TextStyle {
  readonly anchor?: 'end' | 'middle';
  readonly size?: number;
  readonly weight?: 'bold';
  readonly fill?: string;
}

function text(
  x: number,
  y: number,
  words: string,
  { anchor, size, weight, fill = '#222233' }: TextStyle = {},
): string {
  const style = [
    anchor === undefined ? '' : ` text-anchor="${anchor}"`,
    size === undefined ? '' : ` font-size="${size}"`,
    weight === undefined ? '' : ` font-weight="${weight}"`,
  ].join('');
  return `<text x="${round(x)}" y="${round(y)}" fill="${fill}"${style}>${escaped(words)}</text>`;
}

const turned = (x: number, y: number, words: string): string =>
  `<text transform="translate(${round(x)} ${round(y)}) rotate(-90)" text-anchor="middle" fill="#222233">${escaped(words)}</text>`;

const round = (value: number): number => Math.round(value * 10) / 10;

/** Also without the characters that no XML may hold. */
const escaped = (words: string): string =>
  words
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
