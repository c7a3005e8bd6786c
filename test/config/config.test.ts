import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/variables.js';
import { type Config, loadConfig, searchPath, secretsOfConfig } from '../../src/config.js';
import { NodeyardError } from '../../src/errors.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ny-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const load = (env: Record<string, string> = {}, file?: string): Config =>
  loadConfig({ env, cwd, ...(file === undefined ? {} : { file }) });

const write = (settings: unknown, name = 'nodeyard.json'): void =>
  writeFileSync(join(cwd, name), typeof settings === 'string' ? settings : JSON.stringify(settings));

function refusal(env: Record<string, string> = {}, file?: string): NodeyardError {
  try {
    load(env, file);
  } catch (error) {
    if (error instanceof NodeyardError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const KEY = '0123456789abcdef'.repeat(4);

describe('the defaults', () => {
  it('are those of the documentation', () => {
    expect(load()).toEqual({
      dataDir: join(cwd, '.nodeyard'),
      fleet: { skipInventories: [] },
      log: { level: 'info' },
      api: {
        listen: { host: '127.0.0.1', port: 7422 },
        listenChosen: false,
        nodeTokenKeys: [],
        board: 'read',
        docs: true,
        bodyLimitBytes: 4_194_304,
        requestTimeoutMs: 30_000,
        redisTimeoutMs: 2_000,
        requestsPerMinute: 6_000,
        maxListeners: 2_000,
        trustProxy: [],
        closeGraceMs: 10_000,
        auditEntries: 10_000,
      },
      worker: { creates: 8, destroys: 8 },
      terraform: {
        parallelism: 10,
        timeoutMs: 1_800_000,
        graceMs: 300_000,
        maxLogBytes: 268_435_456,
        passEnv: [],
      },
      lease: { ttlMs: 120_000, renewMs: 10_000, stopMarginMs: 45_000 },
      queue: { lockMs: 120_000, stalledMs: 30_000 },
      retry: {
        createAttempts: 4,
        destroyAttempts: 6,
        backoffMs: 2_000,
        maxBackoffMs: 300_000,
        throttledBackoffMs: 15_000,
      },
      retention: {
        tombstonesMs: 604_800_000,
        historyEntries: 200,
        eventEntries: 100_000,
        stateVersions: 5,
        logsMs: 1_209_600_000,
      },
      reconcile: {
        intervalMs: 5_000,
        inventoryIntervalMs: 60_000,
        destroyRetry: { firstMs: 60_000, maxMs: 3_600_000 },
        orphans: 'destroy',
        orphanAgeMs: 600_000,
        vanishedAfter: 3,
        ttlWarningMs: 300_000,
        limitsMs: {
          REQUESTED: 86_400_000,
          CREATING: 21_600_000,
          DESTRUCTION_REQUESTED: 86_400_000,
          DESTROYING: 28_800_000,
        },
      },
      metrics: {},
      tracing: { sample: 1, serviceName: 'nodeyard' },
      heartbeat: {
        intervalMs: 10_000,
        leastSilenceMs: 30_000,
        silenceMs: 60_000,
        startMs: 600_000,
        reinstate: true,
      },
      commands: { visibilityMs: 30_000, expiryMs: 3_600_000 },
      webhooks: {
        deliver: true,
        allowHttp: false,
        allowPrivate: [],
        attempts: 100,
        backoff: { firstMs: 5_000, maxMs: 900_000 },
        timeoutMs: 15_000,
        concurrency: 4,
        deadLetters: 1_000,
        leaseMs: 30_000,
      },
      stateKeys: [],
      scaling: { intervalMs: 4_000 },
      stacks: [],
    });
  });

  it('cannot be changed by anybody, at any depth', () => {
    const config = load();
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.terraform)).toBe(true);
    expect(Object.isFrozen(config.terraform.passEnv)).toBe(true);
  });
});

describe('an address to listen at', () => {
  it.each([
    ['127.0.0.1:9464', '127.0.0.1', 9464],
    ['9464', '127.0.0.1', 9464],
    [':0', '127.0.0.1', 0],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['worker-1.example:65535', 'worker-1.example', 65_535],
    ['[::1]:9464', '::1', 9464],
  ])('may be %s; without a host it is this machine’s own', (written, host, port) => {
    expect(load({ NODEYARD_METRICS_LISTEN: written }).metrics).toEqual({ listen: { host, port } });
  });

  it('may be the number of a port in a file', () => {
    write({ metrics: { listen: 9464 } });
    expect(load().metrics).toEqual({ listen: { host: '127.0.0.1', port: 9464 } });
  });

  it.each(['65536', 'host', 'host:', '::1:80', 'http://host:1', 'a b:1'])('must not be %s', (written) => {
    const { field, message } = refusal({ NODEYARD_METRICS_LISTEN: written });
    expect(field).toBe('NODEYARD_METRICS_LISTEN');
    expect(message).toMatch(/must be host:port or a port/);
  });
});

describe('the sources', () => {
  it('a variable wins over the file, and the rest of the file stays', () => {
    write({ terraform: { grace: '1m', timeout: '1h' }, worker: { creates: 2 } });
    const config = load({ NODEYARD_TERRAFORM_GRACE: '90s' });
    expect(config.terraform).toMatchObject({ graceMs: 90_000, timeoutMs: 3_600_000 });
    expect(config.worker).toEqual({ creates: 2, destroys: 8 });
    expect(config.file).toBe(join(cwd, 'nodeyard.json'));
  });

  it('--config goes before NODEYARD_CONFIG, and that before nodeyard.json', () => {
    write({ worker: { creates: 1 } });
    write({ worker: { creates: 2 } }, 'two.json');
    write({ worker: { creates: 3 } }, 'three.json');
    expect(load().worker.creates).toBe(1);
    expect(load({ NODEYARD_CONFIG: 'two.json' }).worker.creates).toBe(2);
    expect(load({ NODEYARD_CONFIG: 'two.json' }, 'three.json').worker.creates).toBe(3);
  });

  it('every setting has a variable of its own, and no two share one', () => {
    const variables = SETTINGS.map(({ variable }) => variable);
    expect(new Set(variables).size).toBe(SETTINGS.length);
    expect(variables).toEqual(
      expect.arrayContaining([
        'REDIS_URL',
        'NODEYARD_DATA_DIR',
        'NODEYARD_LOG_LEVEL',
        'NODEYARD_TERRAFORM_MAX_LOG_BYTES',
        'NODEYARD_STATE_KEY',
        'NODEYARD_LEASE_STOP_MARGIN',
      ]),
    );
  });

  it('lists are comma-separated in a variable', () => {
    const config = load({
      NODEYARD_TERRAFORM_PASS_ENV: 'AWS_*, HCLOUD_TOKEN',
      NODEYARD_STATE_KEY: `${KEY},${'b'.repeat(64)}`,
    });
    expect(config.terraform.passEnv).toEqual(['AWS_*', 'HCLOUD_TOKEN']);
    expect(config.stateKeys).toEqual([KEY, 'b'.repeat(64)]);
  });

  it('an empty variable is as good as none', () => {
    expect(load({ REDIS_URL: '', NODEYARD_WORKER_CREATES: ' ', NODEYARD_NONSENSE: '' })).toEqual(load());
  });

  it('paths in the file start from the file, paths in variables from the current directory', () => {
    mkdirSync(join(cwd, 'etc'));
    write(
      {
        dataDir: 'data',
        stacks: ['./mine.mjs', 'stacks/other.js', '@org/stacks'],
        terraform: { binary: 'bin/tf' },
      },
      'etc/yard.json',
    );
    const config = load({ NODEYARD_TERRAFORM_PROVIDER_MIRROR: 'mirror' }, 'etc/yard.json');
    expect(config.dataDir).toBe(join(cwd, 'etc', 'data'));
    expect(config.stacks).toEqual([
      join(cwd, 'etc', 'mine.mjs'),
      join(cwd, 'etc', 'stacks/other.js'),
      '@org/stacks',
    ]);
    expect(config.terraform.binary).toBe(join(cwd, 'etc', 'bin/tf'));
    expect(config.terraform.providerMirror).toBe(join(cwd, 'mirror'));
    expect(load({ NODEYARD_TERRAFORM_BINARY: 'tofu' }).terraform.binary).toBe('tofu');
  });

  it.each([
    ['redis://localhost:6379/2', 'redis://localhost:6379/2'],
    ['rediss://user:word@redis.example:6380', 'rediss://user:word@redis.example:6380'],
    ['/run/redis.sock', '/run/redis.sock'],
    ['unix:///run/redis.sock', '/run/redis.sock'],
  ])('REDIS_URL may be %s', (written, compiled) => {
    expect(load({ REDIS_URL: written }).redisUrl).toBe(compiled);
  });
});

describe('a wrong configuration', () => {
  it('is refused with every problem at once, each by the name that the user wrote', () => {
    write({
      worker: { creates: 0, creats: 3 },
      lease: { renew: 'often' },
      terrafrom: {},
      stacks: 7,
    });
    const { message } = refusal({
      NODEYARD_TERRAFORM_GRACE: 'soon',
      NODEYARD_TERRAFORM_GRADE: '5m',
      NODEYARD_LOG_LEVEL: 'loud',
    });
    expect(message.split('\n')).toEqual([
      'The configuration has 8 problems:',
      '  NODEYARD_TERRAFORM_GRADE is no setting (did you mean NODEYARD_TERRAFORM_GRACE?): correct or unset it',
      '  NODEYARD_LOG_LEVEL is "loud": must be one of trace, debug, info, warn, error, fatal, silent',
      '  nodeyard.json: worker.creates is 0: must be a whole number from 1 to 256',
      '  nodeyard.json: worker.creats is no setting (did you mean worker.creates?): correct or remove it',
      '  NODEYARD_TERRAFORM_GRACE is "soon": must be a duration from 1ms to 24d, written like 90s, 10m or 2h, or in milliseconds',
      '  nodeyard.json: lease.renew is "often": must be a duration from 1ms to 24d, written like 90s, 10m or 2h, or in milliseconds',
      '  nodeyard.json: stacks is 7: must be paths of modules',
      '  nodeyard.json: terrafrom is no setting (did you mean terraform?): correct or remove it',
    ]);
  });

  it('with one problem names its setting as the field', () => {
    expect(refusal({ NODEYARD_WORKER_CREATES: 'many' }).field).toBe('NODEYARD_WORKER_CREATES');
  });

  it('never shows the value of a secret', () => {
    write({ stateKeys: ['hunter2hunter2'] });
    const fromFile = refusal({ REDIS_URL: 'http://user:swordfish@host' });
    expect(fromFile.message).toContain('REDIS_URL must be redis://');
    expect(fromFile.message).toContain('nodeyard.json: stateKeys must be keys of 32 bytes');
    expect(fromFile.message).not.toMatch(/hunter2|swordfish/);
  });

  it('never quotes a file that is not JSON, which may hold a secret', () => {
    write('{ "stateKeys": ["hunter2" }');
    const { message } = refusal();
    expect(message).toMatch(/nodeyard\.json is not JSON: mend it near position \d+/);
    expect(message).not.toContain('hunter2');
  });

  it('shortens a huge value', () => {
    expect(refusal({ NODEYARD_WORKER_CREATES: 'x'.repeat(10_000) }).message.length).toBeLessThan(300);
  });

  it('says that a named file is missing', () => {
    expect(refusal({}, 'nowhere.json').message).toContain('nowhere.json cannot be read (ENOENT)');
  });

  it('says that a section must be an object', () => {
    write({ worker: 5 });
    expect(refusal({ NODEYARD_WORKER_CREATES: '2' }).message).toContain(
      'nodeyard.json: worker is 5: must be an object of settings',
    );
  });

  it('says that the whole file must be an object', () => {
    write([{ stateKeys: ['hunter2'] }]);
    const { message } = refusal();
    expect(message).toContain('nodeyard.json must be an object of settings');
    expect(message).not.toContain('hunter2');
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a lease that three missed renewals would lose',
      { NODEYARD_LEASE_RENEW: '25s' },
      'NODEYARD_LEASE_RENEW is "25s": must be at most 24999ms',
    ],
    [
      'a lease that has to be given up before it begins',
      { NODEYARD_LEASE_STOP_MARGIN: '2m' },
      'NODEYARD_LEASE_STOP_MARGIN is "2m": must be shorter than lease.ttl (2m)',
    ],
    [
      'a shorter lease that the default renewal is too slow for',
      { NODEYARD_LEASE_TTL: '70s' },
      'lease.renew must be at most 8333ms',
    ],
    [
      'a backoff beyond its own limit',
      { NODEYARD_RETRY_MAX_BACKOFF: '5s' },
      'retry.throttledBackoff must not be longer than retry.maxBackoff (5s)',
    ],
    [
      'a search for stalled jobs that is rarer than their lock',
      { NODEYARD_QUEUE_STALLED: '3m' },
      'NODEYARD_QUEUE_STALLED is "3m": must be shorter than queue.lock (2m)',
    ],
    [
      'a pattern that is no name of a variable',
      { NODEYARD_TERRAFORM_PASS_ENV: 'AWS_$(id)' },
      'NODEYARD_TERRAFORM_PASS_ENV is "AWS_$(id)": must be names of variables',
    ],
    [
      'a provider mirror without encryption',
      { NODEYARD_TERRAFORM_PROVIDER_MIRROR: 'http://mirror.example' },
      'must be a directory or an https:// address',
    ],
  ])('refuses %s', (_, env, message) => {
    expect(refusal(env).message).toContain(message);
  });
});

it('programs that set-up put into the data directory are found first', () => {
  expect(searchPath({ dataDir: '/data' }, { PATH: '/usr/bin:/bin' })).toBe('/data/bin:/usr/bin:/bin');
  expect(searchPath({ dataDir: '/data' }, {})).toBe('/data/bin');
});

it('the redactor learns the keys and the password of Redis, wherever they were written', () => {
  write({ redisUrl: 'redis://:swordfish@host:6379', stateKeys: [KEY] });
  expect(secretsOfConfig(load())).toEqual(expect.arrayContaining([KEY, 'swordfish']));
});
