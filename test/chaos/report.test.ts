import { describe, expect, test } from 'vitest';
import { type Report, textOf } from './report.js';
import { numbersOf, RULES, type Violation } from './verdict.js';

const report = (violations: readonly Violation[] = [], more: Partial<Report> = {}): Report => ({
  seed: 'seven',
  nodes: 8,
  minutes: 0.5,
  workers: 3,
  ok: violations.length === 0,
  numbers: numbersOf(violations),
  violations,
  counts: {
    attacks: { 'worker kill': 2 },
    faults: {},
    calls: 100,
    created: 5,
    destroyed: 6,
    failures: {},
    takeovers: 3,
    recoveries: 2,
    quarantines: 1,
    straysDestroyed: 4,
    orphansDestroyed: 0,
    jobsAdded: 0,
  },
  asked: { life: 2, destruction: 6 },
  retries: 1,
  duplicates: 2,
  endedByThemselves: 0,
  killedAtTheEnd: 0,
  secondsToQuiet: 12.34,
  secondsAllowed: 196,
  secondsInAll: 50,
  ...more,
});
const line = (text: string, begin: string): string | undefined =>
  text.split('\n').find((one) => one.startsWith(begin));

describe('the table', () => {
  test('has a line for every rule, and says how long it took to be quiet, and from when', () => {
    const text = textOf(report());
    for (const name of Object.values(RULES)) expect(line(text, name)).toMatch(/ 0$/);
    expect(line(text, 'quiet after')).toMatch(/12\.3 s from the moment that all faults were off/);
    expect(text).toContain('ok: nothing leaked');
  });

  test('marks what must be 0 and is not, says what it is, and how the same plan is had again', () => {
    const wrong: Violation = { rule: 'unownedInstances', nodeId: 'a', says: 'i-1 of a' };
    const text = textOf(report([wrong], { kept: '/tmp/somewhere' }));
    expect(line(text, 'instances without an owner')).toMatch(/ 1 {2}must be 0$/);
    expect(text).toContain('instances without an owner: i-1 of a');
    expect(text).toContain('npm run chaos -- --nodes 8 --minutes 0.5 --workers 3 --seed seven');
    expect(text.split('\n').at(-1)).toBe('kept: /tmp/somewhere');
  });

  test('says so when quiet did not come, and when a disk could not be filled', () => {
    const { secondsToQuiet: _, ...late } = report([], { diskProblem: 'no mount' });
    const text = textOf(late);
    expect(line(text, 'quiet after')).toContain('not within 196 s');
    expect(line(text, 'disk')).toContain('not possible here: no mount');
  });
});
