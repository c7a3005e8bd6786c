/** The command line as a process of its own: signals, closed pipes, the embedded Redis. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesOf } from '../support/yard.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals>;
  stdout = '';
  stderr = '';
  #look = (): void => {};

  constructor(argv: readonly string[], dataDir: string) {
    const { REDIS_URL: _, ...env } = process.env;
    this.child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...argv], {
      env: { ...env, NODEYARD_DATA_DIR: dataDir, NODEYARD_API_LISTEN: '127.0.0.1:0', NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.on('data', (chunk: Buffer) => {
        this[stream] += chunk.toString();
        this.#look();
      });
    }
    this.ended = once(this.child, 'close').then(
      ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
    );
  }

  async printed(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#look = () => {
        if (pattern.test(this.stdout + this.stderr)) resolve();
      };
      this.#look();
    });
    const ended = this.ended.then((status) => {
      throw new Error(`ended with ${status} before ${pattern}: ${this.stdout}${this.stderr}`);
    });
    await Promise.race([seen, ended]);
    ended.catch(() => {});
  }
}

let dataDir: string;
let running: Running[];
const start = (...argv: string[]): Running => {
  const process_ = new Running(argv, dataDir);
  running.push(process_);
  return process_;
};

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ny-cli-'));
  running = [];
});
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  try {
    // Whatever of these a test leaves behind would go on for ever on the machine of a user.
    await expect.poll(() => processesOf(dataDir), { timeout: 10_000 }).toEqual([]);
    for (const folder of ['runs', 'nodes']) {
      const path = join(dataDir, folder);
      expect(existsSync(path) ? readdirSync(path) : []).toEqual([]);
    }
  } finally {
    for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  }
});

const lastLine = (text: string): Record<string, number> =>
  JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;

describe('nodeyard up', () => {
  it('serves other commands of its data directory and ends cleanly on Ctrl-C', async () => {
    const up = start('up');
    await up.printed(/waiting for jobs/);
    const create = start(
      'create',
      '--stack',
      'local-node',
      '--group',
      'g',
      '--role',
      'r',
      '--id',
      'n1',
      '--wait',
    );
    expect(await create.ended).toBe(0);
    expect(create.stderr).toMatch(/CREATING → CREATED/);
    await up.printed(/n1 {2}g\/r {2}CREATING → CREATED/);
    const destroy = start('destroy', 'n1', '--wait');
    expect(await destroy.ended).toBe(0);
    up.child.kill('SIGINT');
    expect(await up.ended).toBe(0);
    expect(up.stderr).toMatch(/stopped/);
  });

  it('lets a run that is at work end, says so, and recovers its node at the next start', async () => {
    const up = start('up');
    await up.printed(/waiting for jobs/);
    const slow = ['--stack', 'local-node', '--group', 'g', '--role', 'r', '--id', 'n1'];
    await start('create', ...slow, '--input', 'bootDelayMs=3000').ended;
    await up.printed(/REQUESTED → CREATING/);
    await expect.poll(() => readdirSync(join(dataDir, 'runs')).length).toBe(1);
    up.child.kill('SIGINT');
    await up.printed(/waiting for 1 run to end .*n1 \(create\)/);
    up.child.kill('SIGINT');
    await up.printed(/still waiting for .*once more ends at once/);
    expect(await up.ended).toBe(0);
    const next = start('up');
    await next.printed(/waiting for jobs/);
    expect(await start('retry', 'n1').ended).toBe(6);
    const destroy = start('destroy', 'n1', '--wait', '--json');
    expect(await destroy.ended).toBe(0);
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  });
});

describe('Ctrl-C', () => {
  it('three times ends `up` at once, and the next start recovers what it left', async () => {
    const up = start('up');
    await up.printed(/waiting for jobs/);
    const argv = ['create', '--stack', 'local-node', '--group', 'g', '--role', 'r', '--id', 'n1'];
    await start(...argv, '--input', 'bootDelayMs=5000').ended;
    await expect.poll(() => readdirSync(join(dataDir, 'nodes')).length, { timeout: 10_000 }).toBe(1);
    up.child.kill('SIGINT');
    await up.printed(/waiting for 1 run to end/);
    up.child.kill('SIGINT');
    await up.printed(/once more ends at once/);
    up.child.kill('SIGINT');
    expect(await up.ended).toBe(130);
    const next = start('up');
    await next.printed(/waiting for jobs/);
    expect(await start('destroy', 'n1', '--wait').ended).toBe(0);
    next.child.kill('SIGINT');
    expect(await next.ended).toBe(0);
  });

  it('ends a command that waits for its input', async () => {
    const create = start('create', '--stack', 'local-node', '--group', 'g', '--role', 'r', '--inputs', '-');
    await expect.poll(() => handlesInterrupts(create.child.pid), { timeout: 10_000 }).toBe(true);
    create.child.kill('SIGINT');
    expect(await create.ended).toBe(130);
  });
});

/** By the mask of caught signals in proc(5). Of HUP, the last one that the entry takes: Node itself catches INT before. */
function handlesInterrupts(pid: number | undefined): boolean {
  const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & (1n << BigInt(constants.signals.SIGHUP - 1))) !== 0n;
}

describe('nodeyard demo', () => {
  it('ends with one line of JSON on which everything is accounted for', async () => {
    const demo = start('demo', '--nodes', '2', '--json');
    expect(await demo.ended, demo.stderr).toBe(0);
    expect(lastLine(demo.stdout)).toEqual({
      created: 2,
      destroyed: 2,
      leaked: 0,
      seconds: expect.any(Number),
    });
    expect(demo.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(demo.stderr).toMatch(/CREATING → CREATED/);
  });

  it('works beside a running `up`', async () => {
    const up = start('up');
    await up.printed(/waiting for jobs/);
    const demo = start('demo', '--nodes', '2');
    expect(await demo.ended, demo.stdout + demo.stderr).toBe(0);
    expect(demo.stdout).toMatch(/created 2, destroyed 2, leaked 0/);
    up.child.kill('SIGINT');
    expect(await up.ended).toBe(0);
  });

  it('destroys what it made before it ends on Ctrl-C', async () => {
    const demo = start('demo', '--nodes', '2');
    await demo.printed(/REQUESTED → CREATING/);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(130);
    expect(demo.stderr).toMatch(/interrupted: destroying what was made/);
    expect(demo.stdout).toMatch(/destroyed 2, leaked 0/);
  });
});

describe('a closed pipe', () => {
  it('ends a command without a word', async () => {
    const watch = start('watch', '--since', '0', '--json');
    watch.child.stdout?.destroy();
    const create = start('create', '--stack', 'local-node', '--group', 'g', '--role', 'r', '--id', 'n1');
    expect(await create.ended).toBe(0);
    expect(await watch.ended).toBe(0);
    expect(watch.stderr).toBe('');
  });
});
