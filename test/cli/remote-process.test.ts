/** Processes apart: `nodeyard api` beside a worker, and a command line that has nothing but a URL and a token. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NodeRecord } from '../../src/node/record.js';
import { Yard } from '../support/yard.js';
import { call } from './command-line.js';
import { beside } from './yard-line.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  stdout = '';
  stderr = '';
  readonly #looks = new Set<() => void>();

  constructor(argv: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...argv], {
      cwd: PROJECT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.on('data', (chunk: Buffer) => {
        this[stream] += chunk.toString();
        for (const look of [...this.#looks]) look();
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => code as number);
  }

  async printed(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (pattern.test(this.stdout)) resolve();
      };
      this.#looks.add(look);
      look();
    });
    const ended = this.ended.then((status) => {
      throw new Error(`ended with ${status} before ${pattern}: ${this.stdout}${this.stderr}`);
    });
    await Promise.race([seen, ended]);
    ended.catch(() => undefined);
  }
}

let yard: Yard;
let away: string;
const running: Running[] = [];
const start = (argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Running => {
  const process_ = new Running(argv, env);
  running.push(process_);
  return process_;
};

beforeEach(async () => {
  yard = await Yard.open({ NODEYARD_API_LISTEN: '127.0.0.1:0' });
  away = mkdtempSync(join(tmpdir(), 'ny-away-'));
});
afterEach(async () => {
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await yard.close();
  rmSync(away, { recursive: true, force: true });
});

test('a node is made, watched, shown, heard and ended from a machine that has neither Redis nor Terraform', async () => {
  await yard.startWorker();
  const { token } = await yard.app.tokens.create({ name: 'afar', scope: 'operator' });
  const api = start(['api', '--json'], yard.env);
  await api.printed(/"type":"ready"/);
  const { url } = JSON.parse(api.stdout.split('\n')[0] ?? '{}') as { url: string };
  // No PATH: nothing can be started from there. Whatever were written would be in the empty directory.
  const env = {
    NODEYARD_API_URL: url,
    NODEYARD_API_TOKEN: token,
    HOME: away,
    TMPDIR: process.env['TMPDIR'],
    REDIS_URL: '/nonexistent/redis.sock',
    NO_COLOR: '1',
  };
  const all: Running[] = [];
  const cli = (...argv: string[]): Running => {
    const process_ = start(argv, env);
    all.push(process_);
    return process_;
  };
  const json = async <T>(...argv: string[]): Promise<T> => {
    const process_ = cli(...argv, '--json');
    expect([await process_.ended, process_.stderr]).toEqual([0, '']);
    return JSON.parse(process_.stdout) as T;
  };

  const watch = cli('watch', '--since', '0', '--json');
  const NODE = ['--stack', 'local-node', '--group', 'g', '--role', 'r', '--id', 'afar', '--wait'];
  const created = await json<{ nodes: NodeRecord[]; created: number }>('create', ...NODE);
  expect(created).toMatchObject({ created: 1, nodes: [{ id: 'afar', state: 'CREATED' }] });
  await watch.printed(/"to":"CREATED"/);

  const shown = await json<{ node: NodeRecord }>('show', 'afar');
  const local = await call(['show', 'afar', '--json'], beside(yard));
  expect(shown).toEqual(JSON.parse(local.stdout));

  // Reads the runs of the machine of the API, which is the one of the worker here.
  const logs = cli('logs', 'afar', '--follow');
  expect(await logs.ended).toBe(0);
  expect(logs.stdout).toContain('Apply complete');
  expect(logs.stdout).toBe((await call(['logs', 'afar'], beside(yard))).stdout);

  const destroyed = await json<{ nodes: NodeRecord[] }>('destroy', 'afar', '--wait');
  expect(destroyed.nodes).toMatchObject([{ id: 'afar', state: 'DESTROYED' }]);
  await watch.printed(/"to":"DESTROYED"/);
  watch.child.kill('SIGINT');
  expect(await watch.ended).toBe(0);
  const events = watch.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(events).toEqual(await yard.app.store.history('afar'));

  expect(readdirSync(away)).toEqual([]);
  for (const { stdout, stderr } of [...all, api]) expect(stdout + stderr).not.toContain(token.slice(15));
});
