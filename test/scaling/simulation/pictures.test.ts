/** What a simulation looks like, in characters and as SVG. */
import { describe, expect, it } from 'vitest';
import { groupConfigSchema } from '../../../src/groups/config.js';
import { parseCurves } from '../../../src/scaling/simulation/curve.js';
import type { RoleOutcome, SimulationOutcome } from '../../../src/scaling/simulation/outcome.js';
import { niceStep, shortNumber, timeText } from '../../../src/scaling/simulation/picture.js';
import { SIMULATION_DEFAULTS } from '../../../src/scaling/simulation/settings.js';
import { simulate } from '../../../src/scaling/simulation/simulate.js';
import { svgPicture } from '../../../src/scaling/simulation/svg-picture.js';
import { textPicture } from '../../../src/scaling/simulation/text-picture.js';

const outcomeOf = (csv: string, seed = 1): SimulationOutcome => {
  const role = {
    min: 1,
    max: 6,
    outExpression: 'avg(connections) > 100',
    inExpression: 'avg(connections) < 40',
  };
  const group = groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: { edge: role } });
  return simulate(group, parseCurves(csv), { ...SIMULATION_DEFAULTS, failRate: 0.3, seed });
};
const DAY = 'time,load\n0,10\n30m,600\n60m,600\n90m,0\n3h,0\n';
const [edge] = outcomeOf(DAY).roles as [RoleOutcome];
const plain = (_: unknown, text: string): string => text;

describe('the picture of characters', () => {
  it.each([40, 80, 120])('keeps within %d columns', (columns) => {
    const lines = textPicture(edge, columns, plain).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
  });

  it('has its nodes upon the axis, the load below it, the time below that, and a legend', () => {
    const text = textPicture(edge, 80, plain);
    expect(text).toMatch(/\n {4}1 │█+/);
    expect(text).toMatch(/\n {4}0 └─+\n load │[ ▁▂▃▄▅▆▇█]+\n {7}0 +1h 30m +3h\n/);
    for (const words of ['in service', 'on the way', 'draining', 'being destroyed', 'FAILED'])
      expect(text).toContain(words);
  });

  it('has something to show of a single look, and of nothing', () => {
    const [one] = outcomeOf('time,load\n0,0\n').roles as [RoleOutcome];
    expect(one.samples).toHaveLength(1);
    expect(textPicture(one, 80, plain)).toContain('│█');
  });

  it('loses no peak when it is narrow', () => {
    const samples = edge.samples.map((sample, index) => ({ ...sample, failed: index === 777 ? 30 : 0 }));
    expect(
      textPicture({ ...edge, samples }, 40, plain)
        .split('\n')
        .slice(0, -5)
        .join(''),
    ).toContain('×');
  });
});

describe('the SVG', () => {
  it('is well-formed XML that needs nothing else, whatever the names say', () => {
    const outcome = { ...outcomeOf(DAY), group: 'a<b>&"c"\u0000' };
    const svg = svgPicture(outcome, { edge: '1 < 2 & 3' });
    expect(problemOf(svg)).toBeUndefined();
    expect(svg).toContain('a&lt;b&gt;&amp;&quot;c&quot;<');
    expect(svg).not.toMatch(/href|<script|url\(|NaN|undefined|Infinity/);
  });

  it('names its axes and what its colours mean, and draws areas, the load and what was done', () => {
    const svg = svgPicture(outcomeOf(DAY), {});
    for (const words of ['nodes', 'load (clients)', 'time', 'in service', 'FAILED', 'role edge', '1h 30m'])
      expect(svg).toContain(`>${words}<`);
    expect(svg).toMatch(/<polyline [^>]*points="[\d., ]+"/);
    expect(svg).toMatch(/▲<title>[^<]+1 nodes created: [^<]+&gt; 100 is true/);
    expect(svg.length).toBeLessThan(400_000);
  });

  it('is drawn of a single look too', () => {
    const svg = svgPicture(outcomeOf('time,load\n0,0\n'), {});
    expect(problemOf(svg)).toBeUndefined();
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('would be seen to be broken', () => {
    expect(problemOf('<a><b></a>')).toBe('</a> ends <b>');
    expect(problemOf('<a>1 & 2</a>')).toBe('a bare &');
    expect(problemOf('<a b=c/>')).toBe('<a b=c/> is no tag');
    expect(problemOf('<a/><b/>')).toBe('<b/> after the end');
    expect(problemOf('<a>')).toBe('<a> has no end');
  });
});

/** Of XML without declarations, comments and namespaces. */
function problemOf(xml: string): string | undefined {
  const open: string[] = [];
  let ended = false;
  for (const [part] of xml.matchAll(/<[^>]*>|[^<]+/g)) {
    if (!part.startsWith('<')) {
      if (/&(?!(amp|lt|gt|quot);)/.test(part)) return 'a bare &';
      continue;
    }
    const tag = /^<(\/?)([\w-]+)((?: [\w:-]+="[^"<]*")*)(\/?)>$/.exec(part);
    if (tag === null) return `${part} is no tag`;
    if (ended) return `${part} after the end`;
    const [, ends, name = '', attributes = '', isEmpty] = tag;
    if (/&(?!(amp|lt|gt|quot);)/.test(attributes)) return 'a bare &';
    if (ends === '/') {
      const last = open.pop();
      if (last !== name) return `</${name}> ends <${last}>`;
    } else if (isEmpty !== '/') open.push(name);
    ended = open.length === 0;
  }
  return open.length === 0 ? undefined : `<${open.at(-1)}> has no end`;
}

describe('numbers for people', () => {
  it('are short', () => {
    expect([0, 7, 999, 1_250, 3_400_000].map(shortNumber)).toEqual(['0', '7', '999', '1.3k', '3.4M']);
    expect([0, 45_000, 5_400_000, 86_400_000, 61_000].map(timeText)).toEqual([
      '0s',
      '45s',
      '1h 30m',
      '24h',
      '1m 1s',
    ]);
    expect([niceStep(10, 4), niceStep(600, 4), niceStep(1, 4)]).toEqual([5, 200, 0.5]);
  });
});
