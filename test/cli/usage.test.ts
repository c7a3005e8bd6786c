/** What is typed wrongly is refused before anything is touched, and says how to mend it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callJson, type ErrorValue } from './command-line.js';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ny-cli-'));
  writeFileSync(join(cwd, 'list.json'), '[1]');
  writeFileSync(join(cwd, 'broken.json'), '{"port":');
  writeFileSync(join(cwd, 'port.json'), '{"port":70000}');
  writeFileSync(join(cwd, 'no.tfstate'), '{"version":3}');
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** Nobody listens there: a command that got as far as Redis would end with 3. */
const surroundings = () => ({ cwd, env: { REDIS_URL: join(cwd, 'no.sock'), HOME: cwd } });

const NODE = ['--stack', 'local-node', '--group', 'g', '--role', 'r'];

describe('wrong usage', () => {
  it.each<[argv: string[], field: string | null, message: RegExp]>([
    [['creat'], null, /unknown command 'creat'\n\(Did you mean create\?\)/],
    [['ls', '--frobnicate'], '--frobnicate', /unknown option/],
    [['ls', 'extra'], null, /too many arguments/],
    [['ls', '--state', 'BROKEN'], '--state', /must be one of REQUESTED, CREATING/],
    [['ls', '--limit', '0'], '--limit', /whole number from 1/],
    [['ls', '--limit', 'ten'], '--limit', /whole number from 1/],
    [['ls', '--limit', '5', '--all'], '--limit', /exclude/],
    [['create'], '--stack', /required option '--stack <name>' not specified/],
    [['create', '--stack', 'nope', '--group', 'g', '--role', 'r'], 'stack', /known are aws-node, local-node/],
    [['create', '--stack', 'local-node', '--group', '../g', '--role', 'r'], 'group', /group: must be 1–63/],
    [['create', ...NODE, '--id', 'a/b'], 'id', /id: must be 1–63/],
    [['create', ...NODE, '--id', 'a', '--count', '2'], '--id', /leave it out with --count/],
    [['create', ...NODE, '--count', '-1'], '--count', /from 1 to 1000/],
    [['create', ...NODE, '--input', 'port'], '--input', /must be key=value/],
    [['create', ...NODE, '--input', 'port=1', '--input', 'port=2'], '--input', /"port" twice/],
    [['create', ...NODE, '--input', '__proto__.x=1'], '--input', /input’s name/],
    [['create', ...NODE, '--input', 'port=70000'], 'inputs.port', /inputs\.port: must be 0–65535/],
    [['create', ...NODE, '--input', 'prot=1'], 'inputs.prot', /is not a known field/],
    [['create', ...NODE, '--inputs', 'missing.json'], '--inputs', /cannot be read \(ENOENT\)/],
    [['create', ...NODE, '--inputs', 'list.json'], '--inputs', /one JSON object/],
    [['create', ...NODE, '--inputs', 'broken.json'], '--inputs', /is not JSON/],
    [['create', ...NODE, '--inputs', 'port.json'], 'inputs.port', /must be 0–65535/],
    [['create', ...NODE, '--ttl', 'soon'], '--ttl', /duration like 90s/],
    [['create', ...NODE, '--ttl', '1s'], 'ttl', /ttl/],
    [['create', ...NODE, '--tag', 'aws:x=1'], 'tags.aws:x', /reserved/],
    [['create', ...NODE, '--on-failure', 'ignore'], 'onFailure', /cleanup/],
    [['create', ...NODE, '--timeout', '-5s'], '--timeout', /duration like 90s/],
    [['destroy'], 'ID', /name the nodes to destroy/],
    [['destroy', 'a', '--all'], '--all', /not both/],
    [['destroy', 'a', '--group', 'g'], '--group', /goes with --all/],
    [['destroy', '--role', 'r'], '--role', /goes with --all/],
    [['destroy', 'a', '--timeout', '99d'], '--timeout', /at most 24d/],
    [['show'], null, /missing required argument 'ID'/],
    [['show', 'a', 'b'], null, /too many arguments/],
    [['logs', 'a', '--run', 'one'], '--run', /whole number/],
    [['logs', 'a', '--tail', '0'], '--tail', /whole number/],
    [['logs', 'a', '--follow', '--tail', '3'], '--follow', /without --run and --tail/],
    [['retry'], 'ID', /name the nodes to retry/],
    [['retry', 'a', '--failed-creates'], 'ID', /not both/],
    [['state', 'frob'], null, /unknown command 'frob'/],
    [['state', 'ls', '--limit', '1001'], '--limit', /from 1 to 1000/],
    [['state', 'import', 'a', '--input', 'missing.tfstate'], '--input', /ENOENT/],
    [['state', 'import', 'a', '--input', 'no.tfstate'], '--input', /version/],
    [['state', 'import', 'a', '--input', 'broken.json'], '--input', /is not JSON/],
    [['state', 'export', 'a'], '--output', /name it with --output/],
    [['stacks', 'nope'], 'NAME', /known are aws-node, local-node/],
    [['demo', '--nodes', '0'], '--nodes', /from 1 to 1000/],
    [['demo', '--stack', 'nope'], 'stack', /known are/],
    [['demo', '--stack', 'aws-node'], '--stack', /cannot do without inputs/],
    [['demo', '--timeout', '0s'], '--timeout', /duration/],
    [['ls', '--log-level', 'loud'], '--log-level', /--log-level is "loud": must be one of trace/],
    [['ls', '--redis', 'http://x'], '--redis', /--redis must be redis:\/\//],
    [['ls', '--config', 'missing.json'], 'missing.json', /cannot be read/],
  ])('%j is refused with status 2, the field named', async (argv, field, message) => {
    const { status, value } = await callJson<ErrorValue>(argv, surroundings());
    expect(value.error).toMatchObject({ field, message: expect.stringMatching(message) });
    expect(value.error.mend).not.toBe('');
    expect(status).toBe(2);
  });

  it('is said to people in two lines on stderr', async () => {
    const { status, stdout, stderr } = await call(['ls', '--limit', 'x'], surroundings());
    expect(stderr.split('\n')).toEqual([
      'error: --limit is "x": must be a whole number from 1 to 1000000',
      expect.stringMatching(/^mend: /),
      '',
    ]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('shows the help where no command is given', async () => {
    const { status, stderr } = await call([], surroundings());
    expect(stderr).toMatch(/Usage: nodeyard/);
    expect(status).toBe(2);
  });
});

describe('a Redis that cannot be reached', () => {
  it.each([
    ['ls'],
    ['show', 'a'],
    ['create', ...NODE],
    ['destroy', 'a'],
    ['watch'],
    ['state', 'ls'],
    ['worker'],
    ['up'],
  ])('ends %s with status 3', async (...argv) => {
    const { status, value } = await callJson<ErrorValue>(argv, surroundings());
    expect(value.error).toMatchObject({
      code: 'REDIS_UNAVAILABLE',
      mend: expect.stringMatching(/REDIS_URL/),
    });
    expect(status).toBe(3);
  });

  it.each(['hunter2secret', 'abc', 'p@ss/w:rd'])(
    'never shows the password of its URL (%s)',
    async (password) => {
      const env = { REDIS_URL: `redis://:${password}@127.0.0.1:1` };
      const { status, stdout, stderr } = await call(['ls', '--log-level', 'trace'], { cwd, env });
      expect(status).toBe(3);
      expect(stderr).toMatch(/error: redis:\/\/:…@127\.0\.0\.1:1 cannot be reached: /);
      expect(stdout + stderr).not.toContain(password);
    },
  );
});
