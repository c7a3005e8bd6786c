/** An AWS inventory whose calls fail, are answered with nonsense, or are made with other credentials. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import type { Inventory } from '../../src/fleet/inventory.js';
import { openAwsInventory } from '../../stacks/aws-node/inventory.js';
import { Account, idsOf, itemOf, marks, REGION } from './aws-account.js';

const LISTS = [
  'DescribeInstances',
  'DescribeVolumes',
  'DescribeAddresses',
  'DescribeSecurityGroups',
] as const;

const failure = async (answer: Promise<unknown>): Promise<NodeyardError> => {
  const error: unknown = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof NodeyardError) return error;
  throw new Error(`no failure of the closed set, but ${inspect(error)}`);
};

describe('where a call fails', () => {
  let account: Account;
  let all: string[];

  beforeEach(async () => {
    account = await Account.open();
    all = [
      account.run(marks('n1')),
      account.volume(marks('n1')),
      account.address(marks('n1')),
      account.group(marks('n1')),
    ].sort();
  });
  afterEach(async () => {
    await account.close();
  });
  /** So long only what hangs lasts, however busy the machine. */
  const attemptMs = 1_500;
  const listFails = async (attempts = 1): Promise<NodeyardError> =>
    failure((await account.inventory({ attempts, attemptMs })).list());
  const listed = async (attempts: number): Promise<string[]> =>
    idsOf(await (await account.inventory({ attempts, attemptMs })).list());

  describe.each(LISTS)('%s', (call) => {
    it.each([
      ['throttled', 'THROTTLED'],
      ['denied', 'DENIED'],
      ['expired', 'CREDENTIALS'],
      ['server-error', 'NETWORK'],
      ['cut-after', 'NETWORK'],
      ['hang', 'NETWORK'],
      ['malformed', 'NETWORK'],
    ] as const)('%s, nothing is said: %s', async (fault, code) => {
      account.inject({ call, fault });
      const error = await listFails();
      expect(error.code).toBe(code);
      expect(error.message).toContain(`EC2 ${call}`);
    });
  });

  it.each(['throttled', 'server-error', 'cut-before', 'hang', 'malformed'] as const)(
    'for a while (%s), it is made again',
    async (fault) => {
      account.inject({ call: 'DescribeVolumes', fault, times: 1 });
      expect(await listed(2)).toEqual(all);
      expect(account.calls('DescribeVolumes')).toBe(2);
    },
  );

  test('it is made no more often than told', async () => {
    account.inject({ call: 'DescribeVolumes', fault: 'server-error' });
    expect((await listFails(3)).code).toBe('NETWORK');
    expect(account.calls('DescribeVolumes')).toBe(3);
  });

  test('on a later page, the pages before it do not count', async () => {
    for (let count = 0; count < 5; count += 1) account.run(marks(`n${count}`));
    account.inject({ call: 'DescribeInstances', nth: 2, fault: 'server-error' });
    const inventory = await account.inventory({ attempts: 1, pageSize: 5 });
    expect((await failure(inventory.list())).code).toBe('NETWORK');
    expect(account.calls('DescribeInstances')).toBe(2);
  });

  test('the list ends when its time has passed, however many attempts are left', async () => {
    account.inject({ call: 'DescribeAddresses', fault: 'hang' });
    const inventory = await account.inventory({ limitMs: 2_000 });
    const error = await failure(inventory.list());
    expect(error.code).toBe('NETWORK');
    expect(error.message).toContain('no answer in time');
    account.inject();
    expect(idsOf(await inventory.list())).toEqual(all);
  });

  test('as if something were gone that was not asked for, it is no success', async () => {
    account.inject({
      call: 'DescribeVolumes',
      fault: 'error',
      code: 'InvalidVolume.NotFound',
      message: 'vol-1',
    });
    expect((await listFails()).code).toBe('NETWORK');
  });

  test('what EC2 says stands in the error, shortened', async () => {
    const words = `You are not authorized to perform: ec2:DescribeVolumes. ${'x'.repeat(5000)}`;
    account.inject({
      call: 'DescribeVolumes',
      fault: 'error',
      code: 'UnauthorizedOperation',
      message: words,
    });
    const { message } = await listFails();
    expect(message).toContain('ec2:DescribeVolumes');
    expect(message.length).toBeLessThan(500);
  });

  test('no error holds a credential', async () => {
    const secret = account.started.env['AWS_SECRET_ACCESS_KEY'] ?? '';
    const token = 'a-session-token-that-nobody-may-see';
    const inventory = await account.inventory({ attempts: 1 }, { AWS_SESSION_TOKEN: token });
    for (const code of ['SignatureDoesNotMatch', 'InvalidParameterValue']) {
      const message = `The canonical string was 'POST / x-amz-security-token:${token}' (${secret})`;
      account.inject({ call: 'DescribeInstances', fault: 'error', code, message, status: 403 });
      const error = await failure(inventory.list());
      const everything = inspect(error, { depth: 20, showHidden: true });
      expect(everything).toContain(code);
      expect(everything).not.toContain(token);
      expect(everything).not.toContain(secret);
    }
  });
});

describe('the answers of', () => {
  let server: Server;
  let requests: IncomingMessage[];
  let answer: (action: string) => { status?: number; body: string };
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ny-aws-'));
    requests = [];
    server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        requests.push(request);
        const { status = 200, body: text } = answer(/Action=(\w+)/.exec(body)?.[1] ?? '');
        response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
      })();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // Nothing of this machine’s own configuration, and no look at a metadata service.
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', join(directory, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(directory, 'credentials'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    rmSync(directory, { recursive: true, force: true });
  });
  const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAFROMCONTEXT', AWS_SECRET_ACCESS_KEY: 'secret-of-the-context' };
  const open = (env: Record<string, string>): Promise<Inventory> =>
    openAwsInventory(
      REGION,
      { fleet: 'prod', dataDir: directory, env: { AWS_ENDPOINT_URL_EC2: endpoint(), ...env } },
      { attempts: 1 },
    );
  const SETS: Readonly<Record<string, string>> = {
    DescribeInstances: 'reservationSet',
    DescribeVolumes: 'volumeSet',
    DescribeAddresses: 'addressesSet',
    DescribeSecurityGroups: 'securityGroupInfo',
  };
  const document = (action: string, content: string): string =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">\n    <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>\n${content}</${action}Response>\n`;
  const empty = (action: string) => ({ body: document(action, `<${SETS[action]}/>`) });

  describe('EC2', () => {
    test('are whole when they are empty', async () => {
      answer = empty;
      expect(await (await open(KEYS)).list()).toEqual([]);
      expect(requests).toHaveLength(4);
    });

    it.each([
      ['a page of a proxy', () => '<html><body>Please log in</body></html>'],
      ['nothing at all', () => ''],
      ['an answer to something else', () => document('DescribeRegions', '<regionInfo/>')],
      ['an answer without what was asked for', (action: string) => document(action, '')],
      ['a torn answer', (action: string) => document(action, `<${SETS[action]}/>`).slice(0, -20)],
      [
        'an answer with its middle torn out',
        (action: string) => document(action, `<${SETS[action]}><item></${SETS[action]}>`),
      ],
      ['JSON', () => '{"Reservations":[]}'],
    ])('are not %s', async (_what, body) => {
      for (const call of LISTS) {
        answer = (action) => (action === call ? { body: body(action) } : empty(action));
        expect((await failure((await open(KEYS)).list())).code).toBe('NETWORK');
      }
    });

    test('are not a page of a proxy with a status of its own', async () => {
      answer = () => ({ status: 502, body: '<html><body>Bad gateway</body></html>' });
      expect((await failure((await open(KEYS)).list())).code).toBe('NETWORK');
    });

    const tagSet = (tags: Readonly<Record<string, string>>): string =>
      `<tagSet>${Object.entries(tags)
        .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
        .join('')}</tagSet>`;

    test('are judged once more: what does not fit what was asked for is not listed', async () => {
      const instance = (id: string, state: string, fleet: string) =>
        `<item><instanceId>${id}</instanceId><instanceState><name>${state}</name></instanceState>${tagSet(marks('n1', fleet))}</item>`;
      const instances = [
        instance('i-1', 'running', 'prod'),
        instance('i-2', 'terminated', 'prod'),
        instance('i-3', 'shutting-down', 'prod'),
        instance('i-4', 'running', 'test'),
      ].join('');
      const reservations = `<reservationSet><item><instancesSet>${instances}</instancesSet></item></reservationSet>`;
      answer = (action) =>
        action === 'DescribeInstances' ? { body: document(action, reservations) } : empty(action);
      expect(idsOf(await (await open(KEYS)).list())).toEqual(['i-1']);
    });

    test('that do not say that the instance ends are no success', async () => {
      const instance = `<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState>${tagSet(marks('n1'))}</item>`;
      const running = '<currentState><code>16</code><name>running</name></currentState>';
      const contents: Readonly<Record<string, string>> = {
        DescribeInstances: `<reservationSet><item><instancesSet>${instance}</instancesSet></item></reservationSet>`,
        TerminateInstances: `<instancesSet><item><instanceId>i-1</instanceId>${running}</item></instancesSet>`,
      };
      answer = (action) => ({ body: document(action, contents[action] ?? '') });
      const inventory = await open(KEYS);
      expect((await failure(inventory.destroy(itemOf('aws_instance', 'i-1')))).code).toBe('NETWORK');
      expect(requests).toHaveLength(2);
    });

    test('that show a resource without an id are not whole', async () => {
      const address = `<addressesSet><item><publicIp>198.18.0.1</publicIp>${tagSet(marks('n1'))}</item></addressesSet>`;
      answer = (action) =>
        action === 'DescribeAddresses' ? { body: document(action, address) } : empty(action);
      expect((await failure((await open(KEYS)).list())).message).toContain('without an id');
    });
  });

  describe('whoever is asked with', () => {
    const askedAs = async (env: Record<string, string>) => {
      answer = empty;
      await (await open(env)).list();
      const { authorization = '', ...headers } = requests[0]?.headers ?? {};
      return {
        key: /Credential=(\w+)\//.exec(authorization)?.[1],
        token: headers['x-amz-security-token'],
        agent: headers['user-agent'],
      };
    };
    const profile = (name: string, key: string): void =>
      writeFileSync(
        join(directory, 'credentials'),
        `[${name}]\naws_access_key_id = ${key}\naws_secret_access_key = secret-of-a-profile\n`,
      );

    test('keys, are those of the given environment and not of this process', async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOFTHEPROCESS');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-process');
      vi.stubEnv('AWS_ENDPOINT_URL_EC2', 'http://127.0.0.1:1');
      expect(await askedAs(KEYS)).toMatchObject({ key: 'AKIAFROMCONTEXT', token: undefined });
    });

    test('a session, sends its token', async () => {
      expect(await askedAs({ ...KEYS, AWS_SESSION_TOKEN: 'token' })).toMatchObject({ token: 'token' });
    });

    test('a profile, reads that of the given environment', async () => {
      profile('nodes', 'AKIAOFTHEPROFILE');
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOFTHEPROCESS');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-process');
      expect(await askedAs({ AWS_PROFILE: 'nodes' })).toMatchObject({ key: 'AKIAOFTHEPROFILE' });
    });

    test('keys and a profile, goes by the keys, as Terraform’s provider does', async () => {
      profile('nodes', 'AKIAOFTHEPROFILE');
      expect(await askedAs({ ...KEYS, AWS_PROFILE: 'nodes' })).toMatchObject({ key: 'AKIAFROMCONTEXT' });
    });

    test('neither, finds what the SDK finds', async () => {
      profile('default', 'AKIAOFTHEDEFAULT');
      expect(await askedAs({})).toMatchObject({ key: 'AKIAOFTHEDEFAULT' });
    });

    test('nothing, says that credentials are missing', async () => {
      answer = empty;
      expect((await failure((await open({})).list())).code).toBe('CREDENTIALS');
      expect(requests).toEqual([]);
    });

    test('a name for the account’s trail', async () => {
      expect((await askedAs(KEYS)).agent).toContain('nodeyard-inventory');
    });
  });
});
