/** `nodeyard simulate`: from two files to a picture, without Redis and without a node. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SimulationOutcome } from '../../src/scaling/simulation/outcome.js';
import { call, callJson, type ErrorValue, type Surroundings } from './command-line.js';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ny-simulate-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return name;
};
const GROUP = `name: media
stack: known-to-workers-alone
roles:
  edge:
    min: 1
    max: 4
    outExpression: avg(connections) > 100
    inExpression: avg(connections) < 40
`;
const LOAD = 'time,load\n0,10\n10m,300\n30m,300\n40m,0\n90m,0\n';
const files = (): string[] => ['simulate', '-f', file('group.yaml', GROUP), '--load', file('load.csv', LOAD)];
const run = (argv: readonly string[], more: Surroundings = {}) =>
  call([...files(), ...argv], { cwd, ...more });
const json = <T = SimulationOutcome>(argv: readonly string[]) => callJson<T>([...files(), ...argv], { cwd });

describe('nodeyard simulate', () => {
  it('draws what comes of the rules, and tells what was done and what it came to', async () => {
    const { status, stdout, stderr } = await run(['--price', '0.1']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('group media: 1h 30m, a look every 4s, seed 1');
    expect(stdout).toMatch(/█+/);
    expect(stdout).toMatch(/\n\d+m[^\n]* +created +1 +avg\(connections\) > 100 is true/);
    expect(stdout).toMatch(
      /\n[\d.]+ node-hours \([\d.]+\) · at most \d · \d created · \d destroyed · \d+ clients cut off\n$/,
    );
    expect(stdout).not.toContain('\u001b[');
  });

  it('has colour on a terminal, and keeps within its width', async () => {
    const { stdout } = await run([], { tty: true, columns: 80 });
    expect(stdout).toContain('\u001b[32m█');
    const lines = stripVTControlCharacters(stdout).split('\n');
    expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
  });

  it('gives programs every sample and every deed, equal for an equal seed', async () => {
    const settings = ['--fail-rate', '0.5', '--create-time', '30s', '--every', '10s', '--seed', '7'];
    const { status, value } = await json(settings);
    expect(status).toBe(0);
    expect(value).toMatchObject({ group: 'media', seed: 7, every: 10_000, length: 5_400_000 });
    expect(value.roles[0]?.samples).toHaveLength(541);
    expect((await json(settings)).value).toEqual(value);
    expect((await json([...settings.slice(0, -1), '8'])).value.roles).not.toEqual(value.roles);
  });

  it('draws into a file as well', async () => {
    const { status, stderr } = await run(['--svg', 'out.svg']);
    expect([status, stderr]).toEqual([0, 'drawn into out.svg\n']);
    const svg = readFileSync(join(cwd, 'out.svg'), 'utf8');
    expect(svg).toMatch(/^<svg .*\n/);
    expect(svg).toContain('node-hours');
    expect(svg).toMatch(/<\/svg>\n$/);
  });

  it('names the file, the line and the column of what it cannot read, and draws nothing', async () => {
    const group = file('group.yaml', GROUP);
    const broken = file('broken.csv', 'time,load\n0,1\n60,many\n');
    const argv = ['simulate', '-f', group, '--load', broken, '--svg', 'none.svg'];
    const { status, value } = await callJson<ErrorValue>(argv, { cwd });
    expect([status, value.error.code, value.error.field]).toEqual([2, 'INVALID_INPUT', 'load']);
    expect(value.error.message).toBe(
      'broken.csv: line 3: load is "many": must be a number from 0 to 1000000000',
    );
    expect(existsSync(join(cwd, 'none.svg'))).toBe(false);
  });

  it.each([
    [['--fail-rate', '2'], '--fail-rate'],
    [['--price', 'x'], '--price'],
    [['--create-time', 'soon'], '--create-time'],
    [['--metric', 'cpu'], '--metric'],
    [['--seed', '-1'], '--seed'],
    [['--group', 'another'], '--group'],
    [['--svg', 'no/such/folder.svg'], '--svg'],
    [['--load', 'nothing.csv'], '--load'],
  ])('refuses %j by its name', async (argv, field) => {
    const { status, value } = await json<ErrorValue>(argv);
    expect([status, value.error.field]).toEqual([2, field]);
  });

  it('asks which group is meant where the file has several', async () => {
    const two = file('two.yaml', `${GROUP}---\n${GROUP.replace('media', 'other')}`);
    const argv = ['simulate', '-f', two, '--load', file('load.csv', LOAD)];
    const { status, stderr } = await call(argv, { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain('name one of media, other');
    const { value } = await callJson<SimulationOutcome>([...argv, '--group', 'other'], { cwd });
    expect(value.group).toBe('other');
  });
});
