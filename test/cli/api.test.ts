/** `nodeyard api` and `nodeyard token` beside a real Redis. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeAt } from '../store/support.js';
import { Yard } from '../support/yard.js';
import { CommandLine, call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

let yard: Yard;
beforeAll(async () => {
  yard = await Yard.open();
});
afterAll(() => yard.close());

const ANY_PORT = { env: { NODEYARD_API_LISTEN: '127.0.0.1:0' } };

interface Ready {
  readonly url: string;
  readonly open: boolean;
}

/** Runs `nodeyard api` while `work` lasts. Answers its exit status. */
async function serving(work: (ready: Ready) => Promise<void>): Promise<number> {
  const line = new CommandLine(beside(yard, ANY_PORT));
  const ended = line.run('api', '--json');
  await line.printed('stdout', /"type":"ready"/);
  await work(line.values[0] as unknown as Ready);
  line.interrupts.raise('SIGINT');
  return ended;
}

describe('nodeyard api', () => {
  it('without a token is open to this machine and says so, and only there', async () => {
    const status = await serving(async ({ url, open }) => {
      expect(open).toBe(true);
      expect((await fetch(`${url}/v1/nodes`)).status).toBe(200);
    });
    expect(status).toBe(0);
    const line = new CommandLine(beside(yard, ANY_PORT));
    const ended = line.run('api');
    await line.printed('stderr', /open to this machine; `nodeyard token create` closes it/);
    line.interrupts.raise('SIGTERM');
    expect(await ended).toBe(0);
    const refused = await callJson<ErrorValue>(['api', '--listen', '0.0.0.0:0'], beside(yard));
    expect(refused.status).toBe(2);
    expect(refused.value.error).toMatchObject({ code: 'CONFIG_INVALID', field: 'api.listen' });
    expect(refused.value.error.message).toContain('nodeyard token create');
  });

  it('shuts the door with the first token, and does not open it when the last one is revoked', async () => {
    await serving(async ({ url }) => {
      const status = async () => (await fetch(`${url}/v1/nodes`)).status;
      expect(await status()).toBe(200);
      const { value } = await callJson<{ token: string; record: { id: string } }>(
        ['token', 'create', '--name', 'ci', '--scope', 'viewer', '--expires', '1h'],
        beside(yard),
      );
      await expect.poll(status, { timeout: 10_000 }).toBe(401);
      const headers = { authorization: `Bearer ${value.token}` };
      expect((await fetch(`${url}/v1/nodes`, { headers })).status).toBe(200);
      expect((await call(['token', 'revoke', value.record.id], beside(yard))).stdout).toContain('revoked');
    });
    const status = await serving(async ({ url, open }) => {
      expect(open).toBe(false);
      expect((await fetch(`${url}/v1/nodes`)).status).toBe(401);
    });
    expect(status).toBe(0);
  });

  it('says what is in its way', async () => {
    await serving(async ({ url }) => {
      const taken = await callJson<ErrorValue>(['api', '--listen', new URL(url).host], beside(yard));
      expect([taken.status, taken.value.error.field]).toEqual([2, 'api.listen']);
      expect(taken.value.error.message).toContain('something else listens there');
    });
    const off = await callJson<ErrorValue>(['api', '--listen', 'off'], beside(yard));
    expect([off.status, off.value.error.field]).toEqual([2, 'api.listen']);
  });
});

describe('nodeyard up', () => {
  const up = async (
    env: Record<string, string>,
    work: (line: CommandLine) => Promise<void>,
  ): Promise<number> => {
    const line = new CommandLine(beside(yard, { env }));
    const ended = line.run('up', '--json');
    await Promise.race([line.printed('stdout', /"type":"ready"/), ended]);
    await work(line);
    line.interrupts.raise('SIGINT');
    return ended;
  };
  const apiOf = (line: CommandLine) => line.values[0]?.['api'] as Ready | null;

  it('serves the API beside its worker, and ends both', async () => {
    let url = '';
    const status = await up(ANY_PORT.env, async (line) => {
      url = apiOf(line)?.url ?? '';
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    });
    expect(status).toBe(0);
    await expect(fetch(`${url}/readyz`)).rejects.toThrow();
  });

  it('goes on without it where something else has the usual address, and says so', async () => {
    const other = createServer();
    // Whoever has it already serves as well.
    await new Promise<void>((resolve) =>
      other.once('error', () => resolve()).listen(7422, '127.0.0.1', resolve),
    );
    try {
      const status = await up({}, async (line) => {
        expect(apiOf(line)).toBeNull();
        expect(line.stderr).toMatch(/no API here: something else listens at 127\.0\.0\.1:7422/);
      });
      expect(status).toBe(0);
    } finally {
      other.close();
    }
  });

  it('does not go on where somebody has chosen that address', async () => {
    await serving(async ({ url }) => {
      expect(await up({ NODEYARD_API_LISTEN: new URL(url).host }, async () => undefined)).toBe(2);
    });
  });

  it('has none where it is off', async () => {
    await up({ NODEYARD_API_LISTEN: 'off' }, async (line) => expect(apiOf(line)).toBeNull());
  });
});

describe('nodeyard token', () => {
  it('shows a token once, and then only what may be known of it', async () => {
    const { status, stdout, stderr } = await call(
      ['token', 'create', '--name', 'once', '--scope', 'operator'],
      beside(yard),
    );
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^nyt_[a-z0-9]{10}_[\w-]{43}\n$/)]);
    expect(stderr).toContain('the only time');
    const [, id = '', secret = ''] = /^nyt_([a-z0-9]{10})_([\w-]{43})/.exec(stdout) ?? [];
    const listed = await call(['token', 'ls'], beside(yard));
    expect(listed.stdout).toMatch(new RegExp(`${id}\\s+once\\s+operator\\s.*never\\s+valid`));
    const json = await call(['token', 'ls', '--json'], beside(yard));
    for (const text of [listed.stdout, json.stdout]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain('secretHash');
    }
    const revoked = await callJson<{ token: { revokedAt: number } }>(['token', 'revoke', id], beside(yard));
    expect(revoked.value.token.revokedAt).toBeGreaterThan(0);
    expect((await call(['token', 'ls'], beside(yard))).stdout).toMatch(new RegExp(`${id}.*revoked 2`));
  });

  it('refuses what is no scope, no name, no duration and no token', async () => {
    const create = (...more: string[]) => callJson<ErrorValue>(['token', 'create', ...more], beside(yard));
    expect((await create('--name', 'x', '--scope', 'root')).value.error.field).toBe('--scope');
    expect((await create('--name', 'a b', '--scope', 'viewer')).value.error.field).toBe('name');
    expect((await create('--name', 'x', '--scope', 'viewer', '--expires', 'soon')).value.error.field).toBe(
      '--expires',
    );
    const unknown = await callJson<ErrorValue>(['token', 'revoke', 'abcdefghij'], beside(yard));
    expect([unknown.status, unknown.value.error.field]).toEqual([4, 'ID']);
  });
});

describe('nodeyard token node', () => {
  it('shows the token that opens the node’s own place, as long as there is a node', async () => {
    const { id } = await nodeAt(yard.app.store, 'CREATED', { id: 'speaks' });
    const env = { env: { NODEYARD_API_PUBLIC_URL: 'https://nodes.example/yard/' } };
    const { value } = await callJson(['token', 'node', id], beside(yard, env));
    expect(value).toEqual({
      token: expect.stringMatching(/^nyn_speaks_[A-Za-z0-9_-]{43}$/),
      url: 'https://nodes.example/yard/v1/nodes/speaks',
    });
    expect(await yard.app.nodeTokens.nodeOf(String(value['token']))).toBe(id);
    const gone = await nodeAt(yard.app.store, 'DESTROYED', { id: 'gone' });
    const refused = await callJson<ErrorValue>(['token', 'node', gone.id], beside(yard));
    expect([refused.status, refused.value.error.code]).toEqual([6, 'WRONG_STATE']);
    expect((await call(['token', 'node', 'nobody'], beside(yard))).status).toBe(4);
  });
});
