/** Each attack hits what it aims at, nothing else, and is undone when the attack ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { openSmallDisk } from '../disk.js';
import { Fleet } from '../fleet.js';
import type { PlannedAttack } from '../plan/attacks.js';
import { canSeeProcesses, runProcesses } from '../processes.js';
import { type Attacked, attack } from './attacker.js';

const PATIENCE = { timeout: 20_000 };

let home: string;
let redis: TestRedis;
let connection: Redis;
let fleet: Fleet;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ny-attack-'));
  redis = await startTestRedis();
  connection = new Redis(redis.socket, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  fleet = new Fleet([
    {
      name: 'w1',
      // Says each start, and ends with grace at a TERM.
      command: [
        '/bin/sh',
        '-c',
        'trap "echo graceful; exit 0" TERM; echo started; while :; do sleep 0.1; done',
      ],
      cwd: home,
      env: { PATH: process.env['PATH'] ?? '' },
      logFile: join(home, 'w1.log'),
    },
  ]);
  fleet.start();
  await expect.poll(said, PATIENCE).toEqual(['started']);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await fleet.workers[0]?.end('SIGKILL');
  connection.disconnect();
  await redis.stop();
  rmSync(home, { recursive: true, force: true });
});

const said = (): string[] => {
  const log = join(home, 'w1.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
};

/** `T`: stopped, `Z`: ended and not yet waited for. */
const stateOf = (pid: number | undefined): string | undefined => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2)[0];
};

/** Starts an attack; `end` ends it and answers what became of it. */
function begin(planned: Omit<PlannedAttack, 'atMs' | 'pick' | 'forMs'>, forMs = 600_000) {
  const ending = new AbortController();
  const attacked: Attacked[] = [];
  const over = attack({
    scene: { home, fleet, redis, connection, disks: [openSmallDisk(join(home, 'disk'), 1, () => false)] },
    attacks: [{ ...planned, atMs: 0, pick: 0.5, forMs } as PlannedAttack],
    ending: ending.signal,
    onAttacked: (one) => attacked.push(one),
  });
  return {
    attacked,
    over,
    end: async () => {
      ending.abort();
      await over;
      return attacked;
    },
  };
}

describe('a worker', () => {
  test('that is killed stays down until its time is over, and is started again', async () => {
    const { end } = begin({ on: 'worker', how: 'kill' });
    await expect.poll(() => fleet.workers[0]?.up, PATIENCE).toBe(false);
    expect(await end()).toMatchObject([{ kind: 'worker kill', whom: 'w1' }]);
    await expect.poll(said, PATIENCE).toEqual(['started', 'started']);
    expect(fleet.workers[0]?.endedByItself).toBe(0);
  });

  test('that is ended may end with grace', async () => {
    await begin({ on: 'worker', how: 'term' }, 0).over;
    await expect.poll(said, PATIENCE).toEqual(['started', 'graceful', 'started']);
  });

  test.runIf(canSeeProcesses)(
    'that is frozen is thawed at the end of the attack, the same process',
    async () => {
      const pid = fleet.workers[0]?.pid;
      const { end } = begin({ on: 'worker', how: 'stop' });
      await expect.poll(() => stateOf(pid), PATIENCE).toBe('T');
      await end();
      await expect.poll(() => stateOf(pid), PATIENCE).not.toBe('T');
      expect(fleet.workers[0]?.pid).toBe(pid);
    },
  );

  test('that ends by itself is started again, and counted', async () => {
    process.kill(fleet.workers[0]?.pid ?? 0, 'SIGKILL');
    await expect.poll(said, PATIENCE).toEqual(['started', 'started']);
    expect(fleet.workers[0]?.endedByItself).toBe(1);
  });
});

describe.runIf(canSeeProcesses)('a run', () => {
  /** Something that looks like a Terraform whose data lie there. */
  async function lookalike(of: string): Promise<ChildProcess> {
    const env = { PATH: process.env['PATH'], TF_DATA_DIR: join(of, 'bundles', 'x') };
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env,
      argv0: 'terraform',
      stdio: 'ignore',
    });
    children.push(child);
    await once(child, 'spawn');
    return child;
  }

  test('of this chaos run is hit, that of another is not', async () => {
    const other = await lookalike(join(home, '..', 'elsewhere'));
    const own = await lookalike(home);
    await expect.poll(() => runProcesses(home).map(({ pid }) => pid), PATIENCE).toEqual([own.pid]);
    const exited = once(own, 'exit');
    const { over, attacked } = begin({ on: 'terraform', how: 'kill' });
    await over;
    await exited;
    expect(attacked).toMatchObject([{ kind: 'terraform kill', whom: `terraform ${own.pid}` }]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  test('that is frozen is thawed at the end of the attack', async () => {
    const own = await lookalike(home);
    const { end } = begin({ on: 'terraform', how: 'stop' });
    await expect.poll(() => stateOf(own.pid), PATIENCE).toBe('T');
    await end();
    await expect.poll(() => stateOf(own.pid), PATIENCE).not.toBe('T');
  });

  test('that is not there is not hit, and the attack says so', async () => {
    const { over, attacked } = begin({ on: 'guard', how: 'kill' });
    await over;
    expect(attacked.map(({ whom }) => whom)).toEqual([undefined]);
  });
});

describe('Redis', () => {
  test.each(['kill', 'term'] as const)(
    'that is ended (%s) is started again with what it had',
    async (how) => {
      await connection.set('kept', '1');
      const { pid } = redis;
      await begin({ on: 'redis', how }, 0).over;
      expect(redis.pid).not.toBe(pid);
      expect(await connection.get('kept')).toBe('1');
    },
  );

  test('that is frozen answers nobody until the end of the attack', async () => {
    const { end } = begin({ on: 'redis', how: 'stop' });
    let answered = false;
    if (canSeeProcesses) await expect.poll(() => stateOf(redis.pid), PATIENCE).toBe('T');
    const answer = connection.ping().then(() => {
      answered = true;
    });
    expect(answered).toBe(false);
    await end();
    await answer;
  });

  test('hangs up on its clients, but not on the attacker', async () => {
    const client = new Redis(redis.socket, { retryStrategy: () => null });
    client.on('error', () => undefined);
    await client.ping();
    const closed = once(client, 'close');
    const { over, attacked } = begin({ on: 'connections', how: 'cut' });
    await over;
    await closed;
    expect(attacked).toMatchObject([{ whom: '1 of 1 connections' }]);
    expect(connection.status).toBe('ready');
    client.disconnect();
  });
});

test('a disk that cannot be filled is not hit', async () => {
  const { over, attacked } = begin({ on: 'disk', how: 'fill' });
  await over;
  expect(attacked.map(({ whom }) => whom)).toEqual([undefined]);
});
