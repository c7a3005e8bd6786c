/** A load as people write it. */
import { describe, expect, it } from 'vitest';
import { loadAt, parseCurves } from '../../../src/scaling/simulation/curve.js';

const curve = (csv: string, role?: string) => {
  const found = parseCurves(csv).get(role);
  if (found === undefined) throw new Error('there is no such curve');
  return found;
};

describe('a load curve', () => {
  it('takes seconds and durations, in any order of the columns, with comments and empty lines', () => {
    const text = '\uFEFF# measured\nload, time\r\n10, 0\r\n\r\n20,90\n"30",10m\n# the end\n5,1.5h\n';
    expect(curve(text).points).toEqual([
      { at: 0, load: 10 },
      { at: 90_000, load: 20 },
      { at: 600_000, load: 30 },
      { at: 5_400_000, load: 5 },
    ]);
  });

  it('has one line for each role, where it names them', () => {
    const curves = parseCurves('time,load,role\n0,1,edge\n0,2,origin\n60,3,edge\n');
    expect([...curves].map(([role, { points }]) => [role, points.length])).toEqual([
      ['edge', 2],
      ['origin', 1],
    ]);
  });

  it('goes in straight lines, and jumps where two points have one time', () => {
    const jumping = curve('time,load\n10,100\n20,200\n20,1000\n30,0\n');
    expect([0, 10, 15, 20, 25, 99].map((second) => loadAt(jumping, second * 1_000))).toEqual([
      100, 100, 150, 1000, 500, 0,
    ]);
  });

  it.each([
    ['', 'time', 'line 1: time is missing'],
    ['time,load\n', 'load', 'line 1: load has no line below it'],
    ['time\n0\n', 'load', 'line 1: load is missing among the columns'],
    ['time,load,weather\n', 'weather', 'line 1: weather is no column'],
    ['time,load,time\n', 'time', 'line 1: time stands there twice'],
    ['time,load\n0,1\n# x\nsoon,2\n', 'time', 'line 4: time is "soon"'],
    ['time,load\n60,1\n30,2\n', 'time', 'line 3: time is 30, which is before the line above it'],
    ['time,load\n0,-1\n', 'load', 'line 2: load is "-1"'],
    ['time,load\n0,\n', 'load', 'line 2: load is ""'],
    ['time,load\n0,NaN\n', 'load', 'line 2: load is "NaN"'],
    ['time,load\n0,1,2\n', 'time', 'line 2: time has 3 values'],
    ['time,load,role\n0,1,\n', 'role', 'line 2: role is empty'],
    ['time,load\n-5,1\n', 'time', 'line 2: time is "-5"'],
    ['time,load\n99999999999999999999,1\n', 'time', 'line 2: time is'],
  ])('%j is refused with the line and the column', (csv, field, message) => {
    expect(() => parseCurves(csv)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field }) as Error,
    );
    expect(() => parseCurves(csv)).toThrow(message);
  });
});
