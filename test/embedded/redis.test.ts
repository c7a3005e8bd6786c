import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/embedded/redis.js';
import { silentLog } from '../../src/log.js';
import { type Holder, parentOf, processesIn, serversIn, startHolder, until } from './processes.js';

let root: string;
let dataDir: string;
const open: { stop(): Promise<unknown> }[] = [];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ny-embedded-')));
  dataDir = join(root, 'data');
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
  await until(() => processesIn(root).length === 0);
  rmSync(root, { recursive: true });
});

async function start(directory = dataDir, path = process.env['PATH'] ?? ''): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis({ dataDir: directory, path, log: silentLog });
  open.push(redis);
  return redis;
}

async function hold(directory = dataDir): Promise<Holder> {
  const holder = await startHolder(directory);
  open.push({
    stop: () =>
      (holder.child.exitCode ?? holder.child.signalCode) === null ? holder.stop() : Promise.resolve(),
  });
  return holder;
}

function client(socket: string): Redis {
  const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 10 });
  // A server that ends under a client is what these tests are about.
  redis.on('error', () => undefined);
  open.push({ stop: async () => redis.disconnect() });
  return redis;
}

describe('the server', () => {
  it('is private: a socket for its user alone and no port', async () => {
    const { socket, owned } = await start();
    expect(owned).toBe(true);
    expect(socket).toBe(join(dataDir, 'redis', 'redis.sock'));
    expect(statSync(socket).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(await client(socket).config('GET', 'port')).toEqual(['port', '0']);
  });

  it('writes every command to disk and never evicts', async () => {
    const redis = client((await start()).socket);
    const settings = ['appendonly', 'appendfsync', 'maxmemory-policy', 'aof-load-truncated', 'save'];
    const found = await Promise.all(settings.map((name) => redis.config('GET', name)));
    expect(found).toEqual([
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
      ['maxmemory-policy', 'noeviction'],
      ['aof-load-truncated', 'yes'],
      ['save', ''],
    ]);
  });

  it('ends with stop() and keeps its data for the next one', async () => {
    const first = await start();
    await client(first.socket).set('kept', 'yes');
    await first.stop();
    expect(serversIn(dataDir)).toEqual([]);
    const second = await start();
    expect(await client(second.socket).get('kept')).toBe('yes');
  });

  it('lives in a directory with spaces, quotes and signs in its name', async () => {
    const odd = join(root, `it's "my" data $(id) \\ – ü`);
    const { socket } = await start(odd);
    expect(socket).toBe(join(odd, 'redis', 'redis.sock'));
    await client(socket).set('a', '1');
    expect(existsSync(join(odd, 'redis', 'appendonlydir'))).toBe(true);
  });

  it('has its socket in a short private directory where the path would be too long, and leaves none behind', async () => {
    const deep = join(root, 'd'.repeat(60), 'e'.repeat(60));
    const { socket, stop } = await start(deep).then((redis) => ({
      socket: redis.socket,
      stop: () => redis.stop(),
    }));
    expect(socket).toMatch(/^\/tmp\/nodeyard-\d+-[0-9a-f]{16}\/redis\.sock$/);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(await client(socket).ping()).toBe('PONG');
    await stop();
    expect(existsSync(dirname(socket))).toBe(false);
  });

  it('is the same one through a symbolic link to the data directory', async () => {
    const first = await start();
    symlinkSync(dataDir, join(root, 'link'));
    const second = await start(join(root, 'link'));
    expect(second).toMatchObject({ socket: first.socket, owned: false });
  });
});

describe('what an earlier server left behind', () => {
  it('a socket file and a pid file do not stop the next one, even when the pid is somebody else’s now', async () => {
    mkdirSync(join(dataDir, 'redis'), { recursive: true });
    writeFileSync(join(dataDir, 'redis', 'redis.sock'), '');
    writeFileSync(join(dataDir, 'redis', 'redis.pid'), String(process.pid));
    expect((await start()).owned).toBe(true);
  });

  it('a torn last command is cut off and what came before it is kept', async () => {
    const first = await start();
    await client(first.socket).set('kept', 'yes');
    const [server] = serversIn(dataDir);
    process.kill(server as number, 'SIGKILL');
    await first.stop();
    const directory = join(dataDir, 'redis', 'appendonlydir');
    const log = readdirSync(directory).find((name) => name.endsWith('.incr.aof')) as string;
    appendFileSync(join(directory, log), '*3\r\n$3\r\nSET\r\n$4\r\nto');
    const second = await start();
    expect(await client(second.socket).get('kept')).toBe('yes');
  });

  it('data that cannot be read end in an error with the server’s own words', async () => {
    const first = await start();
    await client(first.socket).set('kept', 'yes');
    await first.stop();
    const directory = join(dataDir, 'redis', 'appendonlydir');
    const log = readdirSync(directory).find((name) => name.endsWith('.incr.aof')) as string;
    writeFileSync(join(directory, log), 'not a log of commands\r\n');
    await expect(start()).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
      message: expect.stringMatching(/redis\.log ends with:[\s\S]*Bad file format/),
    });
  });
});

describe('several processes', () => {
  it('share one server, which the first one owns', async () => {
    const first = await hold();
    const second = await start();
    expect([first.owned, second.owned]).toEqual([true, false]);
    expect(serversIn(dataDir)).toHaveLength(1);
    await second.stop();
    expect(await client(first.socket).ping()).toBe('PONG');
  });

  it('that start at the same moment come to one server', async () => {
    const holders = await Promise.all([hold(), hold(), hold(), start()]);
    expect(holders.filter(({ owned }) => owned)).toHaveLength(1);
    expect(serversIn(dataDir)).toHaveLength(1);
  });

  it('the server ends when its owner is killed with -9, and its data stay', async () => {
    const owner = await hold();
    await client(owner.socket).set('kept', 'yes');
    await owner.kill();
    await until(() => processesIn(dataDir).length === 0);
    expect(await client((await start()).socket).get('kept')).toBe('yes');
  });

  it('one that shared the server starts it again when its owner is killed, and clients go on', async () => {
    const owner = await hold();
    const sharer = await start();
    const redis = client(sharer.socket);
    await redis.set('kept', 'yes');
    const [before] = serversIn(dataDir);
    await owner.kill();
    await until(() => sharer.owned);
    expect(await redis.get('kept')).toBe('yes');
    expect(serversIn(dataDir)).not.toContain(before);
  });

  it('one that shared the server starts it again when its owner stops in good order', async () => {
    const owner = await hold();
    const sharer = await start();
    const redis = client(sharer.socket);
    await redis.set('kept', 'yes');
    await owner.stop();
    await until(() => sharer.owned);
    expect(await redis.get('kept')).toBe('yes');
  });

  it('of several that shared the server exactly one starts it again', async () => {
    const owner = await hold();
    const sharers = [await hold(), await hold(), await hold()];
    await owner.kill();
    await until(async () => (await Promise.all(sharers.map((one) => one.isOwner()))).includes(true));
    expect(await client(owner.socket).ping()).toBe('PONG');
    const owners = await Promise.all(sharers.map((one) => one.isOwner()));
    expect(owners.filter(Boolean)).toHaveLength(1);
    expect(serversIn(dataDir)).toHaveLength(1);
  });

  it('end all together without leaving a server', async () => {
    const holders = await Promise.all([hold(), hold(), hold()]);
    await Promise.all(holders.map((holder) => holder.stop()));
    await until(() => processesIn(dataDir).length === 0);
    expect(serversIn(dataDir)).toEqual([]);
  });
});

describe('trouble', () => {
  it('a server that is killed is started again by its owner', async () => {
    const owner = await start();
    const redis = client(owner.socket);
    await redis.set('kept', 'yes');
    const [before] = serversIn(dataDir);
    process.kill(before as number, 'SIGKILL');
    await until(() => owner.owned && serversIn(dataDir).some((pid) => pid !== before));
    expect(await redis.get('kept')).toBe('yes');
  });

  it('a server whose guard is killed does not outlive its owner', async () => {
    const owner = await start();
    const [before] = serversIn(dataDir);
    process.kill(parentOf(before as number), 'SIGKILL');
    await until(() => owner.owned && !serversIn(dataDir).includes(before as number));
    await owner.stop();
    expect(processesIn(dataDir)).toEqual([]);
  });

  it('without a server program it says what to run', async () => {
    await expect(start(dataDir, join(root, 'nothing'))).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
      message: expect.stringContaining('scripts/setup'),
    });
  });

  it('a process that forgets stop() can still end, and its server with it', async () => {
    const script = `
      import { startEmbeddedRedis } from ${JSON.stringify(new URL('../../src/embedded/redis.ts', import.meta.url).href)};
      import { silentLog } from ${JSON.stringify(new URL('../../src/log.ts', import.meta.url).href)};
      await startEmbeddedRedis({ dataDir: ${JSON.stringify(dataDir)}, path: process.env.PATH, log: silentLog });`;
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    expect(status).toBe(0);
    await until(() => processesIn(dataDir).length === 0);
  });
});
