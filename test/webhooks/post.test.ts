/** One request to receivers that misbehave, over real connections. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressRules } from '../../src/webhooks/addresses.js';
import type { Answer } from '../../src/webhooks/answer.js';
import type { PostLimits } from '../../src/webhooks/exchange.js';
import { createPost } from '../../src/webhooks/post.js';
import { createResolver } from '../../src/webhooks/resolve.js';
import { selfSigned } from '../simcloud/provider/certificate.js';
import { type NameServer, startNameServer } from './support/name-server.js';
import { answering, Receiver, rawServer } from './support/receiver.js';

/** Long for what must answer, short for what never does. */
const PATIENT: PostLimits = { connectMs: 20_000, headMs: 20_000, bodyMs: 20_000 };
const BODY = '{"type":"webhook.test"}';

let names: NameServer;
let ends: (() => unknown)[];
beforeEach(async () => {
  names = await startNameServer();
  ends = [() => names.close()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

async function open(...options: Parameters<typeof Receiver.open>): Promise<Receiver> {
  const receiver = await Receiver.open(...options);
  ends.push(() => receiver.close());
  return receiver;
}
async function openRaw(speak: Parameters<typeof rawServer>[0]) {
  const server = await rawServer(speak);
  ends.push(() => server.close());
  return server;
}

interface Wish {
  readonly allowed?: readonly string[];
  readonly allowHttp?: boolean;
  readonly limits?: Partial<PostLimits>;
  readonly signal?: AbortSignal;
}
function post(
  url: string,
  { allowed = ['127.0.0.1'], allowHttp = true, limits, signal }: Wish = {},
): Promise<Answer> {
  const sender = createPost({
    rules: { allowHttp, addresses: new AddressRules(allowed) },
    resolve: createResolver({ servers: [names.place] }),
    limits: { ...PATIENT, ...limits },
  });
  return sender({
    url: new URL(url),
    headers: { 'content-type': 'application/json', 'webhook-id': 'wh0_1-0' },
    body: BODY,
    signal: signal ?? new AbortController().signal,
  });
}

const unanswered = (problem: string, detail: unknown = expect.any(String)) => ({
  kind: 'unanswered',
  problem,
  detail,
});

describe('a request', () => {
  it('brings headers and body, and hears the answer', async () => {
    const receiver = await open();
    receiver.answer = answering(202, {}, 'thank\nyou\u0007\u202e \u{1F4A5}');
    expect(await post(receiver.url)).toEqual({ kind: 'answered', status: 202, said: 'thank you \u{1F4A5}' });
    expect(receiver.received).toEqual([
      {
        method: 'POST',
        path: '/hook?key=query-secret',
        body: BODY,
        at: '127.0.0.1',
        headers: {
          host: `127.0.0.1:${receiver.port}`,
          'content-type': 'application/json',
          'content-length': String(BODY.length),
          'webhook-id': 'wh0_1-0',
          connection: 'close',
        },
      },
    ]);
    await expect.poll(() => receiver.connections).toBe(0);
  });

  it.each([204, 404, 500])('tells a status like %i', async (status) => {
    const receiver = await open();
    receiver.answer = answering(status);
    expect(await post(receiver.url)).toEqual({ kind: 'answered', status, said: '' });
  });

  it('tells what Retry-After says', async () => {
    const receiver = await open();
    receiver.answer = answering(429, { 'retry-after': '17' }, 'later');
    expect(await post(receiver.url)).toEqual({
      kind: 'answered',
      status: 429,
      retryAfter: '17',
      said: 'later',
    });
  });

  it('follows no redirect, least of all to a private address', async () => {
    const [receiver, inside] = [await open(), await open({ host: '127.0.0.2' })];
    const location = `http://127.0.0.2:${inside.port}/latest/meta-data/`;
    receiver.answer = answering(307, { location });
    expect(await post(receiver.url)).toEqual({ kind: 'answered', status: 307, said: '' });
    expect(inside.received).toEqual([]);
  });

  it('is not made at all once it was stopped', async () => {
    const receiver = await open();
    expect(await post(receiver.url, { signal: AbortSignal.abort() })).toEqual({ kind: 'stopped' });
    expect(receiver.received).toEqual([]);
  });

  it('ends when it is stopped, and its connection with it', async () => {
    const receiver = await open();
    const stop = new AbortController();
    receiver.answer = () => stop.abort();
    expect(await post(receiver.url, { signal: stop.signal })).toEqual({ kind: 'stopped' });
    await expect.poll(() => receiver.connections).toBe(0);
  });

  it('ends when it is stopped while the name is looked up', async () => {
    names.ignore('receiver.test');
    const stop = new AbortController();
    const answer = post('http://receiver.test:8080/', { signal: stop.signal });
    await expect.poll(() => names.questions.length).toBeGreaterThan(0);
    stop.abort();
    expect(await answer).toEqual({ kind: 'stopped' });
  });
});

describe('a receiver that', () => {
  it('hangs is left, and its connection ended', async () => {
    const receiver = await open();
    receiver.answer = () => {};
    expect(await post(receiver.url, { limits: { headMs: 100 } })).toEqual(unanswered('timed-out', 'answer'));
    await expect.poll(() => receiver.connections).toBe(0);
  });

  it('drips the head of its answer is left', async () => {
    const server = await openRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 5);
      socket.once('close', () => clearInterval(drip));
    });
    expect(await post(server.url, { limits: { headMs: 200 } })).toEqual(unanswered('timed-out', 'answer'));
    await expect.poll(server.connections).toBe(0);
  });

  it('promises an answer by 103 for ever is left', async () => {
    const server = await openRaw((socket) => {
      const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.once('close', () => clearInterval(drip));
    });
    expect(await post(server.url, { limits: { headMs: 200 } })).toEqual(unanswered('timed-out', 'answer'));
    await expect.poll(server.connections).toBe(0);
  });

  it('drips its body has answered, and is left', async () => {
    const server = await openRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
      const drip = setInterval(() => socket.write('z'), 5);
      socket.once('close', () => clearInterval(drip));
    });
    const answer = await post(server.url, { limits: { bodyMs: 100 } });
    expect(answer).toEqual({ kind: 'answered', status: 200, said: expect.stringMatching(/^z*$/) });
    await expect.poll(server.connections).toBe(0);
  });

  it('sends a huge body is cut off after a few KiB', async () => {
    let written = 0;
    const receiver = await open();
    const stopped = new Promise<void>((resolve) => {
      receiver.answer = (response) => {
        const block = Buffer.alloc(65_536, 'x');
        const pour = (): void => {
          while (response.write(block)) written += block.length;
          response.once('drain', pour);
        };
        response.once('close', resolve);
        response.writeHead(200);
        pour();
      };
    });
    // Its size ends it, and not its time.
    const answer = await post(receiver.url, { limits: { bodyMs: 3_600_000 } });
    expect(answer).toEqual({ kind: 'answered', status: 200, said: 'x'.repeat(200) });
    await stopped;
    // What the kernel’s buffers took, and not the gigabytes that it would have been.
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('resets the connection has not answered', async () => {
    const server = await openRaw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await post(server.url)).toEqual(unanswered('cut', 'ECONNRESET'));
  });

  it('closes the connection in the middle of the head has not answered', async () => {
    const server = await openRaw((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 O')));
    expect(await post(server.url)).toEqual(unanswered('cut'));
  });

  it('closes the connection in the middle of the body has answered', async () => {
    const server = await openRaw((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nok')),
    );
    expect(await post(server.url)).toEqual({ kind: 'answered', status: 200, said: 'ok' });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'x-filler: 1\r\n'.repeat(3_000)}`],
  ])('speaks %s has not answered', async (_, text) => {
    const server = await openRaw((socket) => socket.once('data', () => socket.write(text)));
    expect(await post(server.url)).toEqual(unanswered('unreadable', expect.stringMatching(/^HPE_/)));
    await expect.poll(server.connections).toBe(0);
  });

  it('switches protocols has answered that, and nothing more is said', async () => {
    const server = await openRaw((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      ),
    );
    expect(await post(server.url)).toEqual({ kind: 'answered', status: 101, said: '' });
    await expect.poll(server.connections).toBe(0);
  });

  it('is not there is unreachable', async () => {
    const receiver = await open();
    const { url } = receiver;
    await receiver.close();
    expect(await post(url)).toEqual(unanswered('unreachable', 'ECONNREFUSED'));
  });

  it('never ends its handshake is left', async () => {
    const server = await openRaw((socket) => socket.resume());
    const url = server.url.replace('http:', 'https:');
    expect(await post(url, { limits: { connectMs: 200 } })).toEqual(unanswered('timed-out', 'connection'));
    await expect.poll(server.connections).toBe(0);
  });

  it('has a certificate that nobody vouches for gets nothing', async () => {
    const { certPem: cert, keyPem: key } = selfSigned(Date.now());
    const receiver = await open({ tls: { cert, key } });
    expect(await post(receiver.url)).toEqual(unanswered('untrusted', 'DEPTH_ZERO_SELF_SIGNED_CERT'));
    expect(receiver.received).toEqual([]);
  });

  it('speaks no TLS where it should gets nothing', async () => {
    const receiver = await open();
    expect(await post(receiver.url.replace('http:', 'https:'))).toMatchObject({ problem: 'untrusted' });
    expect(receiver.received).toEqual([]);
  });
});

describe('a private address', () => {
  it.each([
    ['as it is', '127.0.0.1'],
    ['in another notation', '0x7f.1'],
    ['as a number', '2130706433'],
    ['mapped into the other family', '[::ffff:127.0.0.1]'],
    ['by the name that everybody has', 'localhost'],
    ['by a name below it', 'x.localhost'],
    ['by that name with a dot', 'localhost.'],
  ])('is not called unless it is allowed: %s', async (_, host) => {
    const receiver = await open({ host: '::' });
    const refused = await post(`http://${host}:${receiver.port}/`, { allowed: [] });
    expect(refused).toEqual(unanswered('not-allowed', expect.stringMatching(/ is (loopback|IPv4-mapped)$/)));
    expect(receiver.received).toEqual([]);
    expect(receiver.connections).toBe(0);
  });

  it('is called by the name of this machine where it is allowed, without asking a name server', async () => {
    const receiver = await open();
    expect(await post(`http://localhost:${receiver.port}/`)).toMatchObject({ status: 200 });
    expect(names.questions).toEqual([]);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.0.0.5', 'private'],
    ['169.254.169.254', 'link-local'],
    ['100.64.1.1', 'carrier-grade NAT'],
    ['224.0.0.1', 'multicast'],
    ['0.0.0.0', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:7f00:1', 'IPv4-mapped'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['fd00::1', 'unique local'],
    ['fe80::1', 'link-local'],
  ])('is not called by a name that means it: %s', async (address, why) => {
    names.set('receiver.test', [address]);
    const answer = await post('http://receiver.test:8080/', { allowed: [] });
    expect(answer).toEqual(unanswered('not-allowed', expect.stringMatching(` is ${why}$`)));
    expect([...names.questions].sort()).toEqual(['A receiver.test', 'AAAA receiver.test']);
  });

  it('beside an allowed one is left out', async () => {
    const [receiver, inside] = [await open(), await open({ host: '127.0.0.2' })];
    names.set('receiver.test', ['127.0.0.2', '127.0.0.1']);
    expect(await post(`http://receiver.test:${receiver.port}/`)).toMatchObject({ status: 200 });
    expect(receiver.received).toHaveLength(1);
    expect(inside.received).toEqual([]);
  });

  it('is allowed with the name of its host', async () => {
    const receiver = await open();
    names.set('receiver.test', ['127.0.0.1']);
    const url = `http://receiver.test:${receiver.port}/`;
    expect(await post(url, { allowed: ['receiver.test'] })).toMatchObject({ status: 200 });
    expect(await post(url, { allowed: ['other.test'] })).toMatchObject({ problem: 'not-allowed' });
  });
});

describe('a name', () => {
  it('that changes its mind between the look and the connection changes nothing', async () => {
    const port = (await open()).port;
    const inside = await open({ host: '127.0.0.2', port });
    names.set('receiver.test', [['127.0.0.1'], ['127.0.0.2']]);
    const url = `http://receiver.test:${port}/`;
    expect(await post(url)).toMatchObject({ kind: 'answered', status: 200 });
    // Asked once, and not again by the connection.
    expect([...names.questions].sort()).toEqual(['A receiver.test', 'AAAA receiver.test']);
    // The next attempt asks anew and finds out.
    expect(await post(url)).toEqual(unanswered('not-allowed', '127.0.0.2 is loopback'));
    expect(inside.received).toEqual([]);
  });

  it('is what the receiver is told, and what its certificate must say', async () => {
    const receiver = await open();
    names.set('receiver.test', ['127.0.0.1']);
    await post(`http://receiver.test:${receiver.port}/`);
    expect(receiver.received[0]?.headers.host).toBe(`receiver.test:${receiver.port}`);
  });

  it('with several addresses leads to one that answers', async () => {
    const receiver = await open();
    // Nobody listens at the first.
    names.set('receiver.test', ['127.0.0.2', '127.0.0.1']);
    const url = `http://receiver.test:${receiver.port}/`;
    expect(await post(url, { allowed: ['127.0.0.0/8'] })).toMatchObject({ status: 200 });
  });

  it('that does not exist is unresolved', async () => {
    expect(await post('http://nobody.test:8080/')).toEqual(unanswered('unresolved', 'ENOTFOUND'));
  });

  it('without an address is unresolved', async () => {
    names.set('empty.test', []);
    expect(await post('http://empty.test:8080/')).toEqual(unanswered('unresolved', 'ENODATA'));
  });

  it('whose name server is silent is left', async () => {
    names.ignore('silent.test');
    const answer = await post('http://silent.test:8080/', { limits: { connectMs: 100 } });
    expect(answer).toEqual(unanswered('timed-out', 'name'));
  });
});

it('a URL is checked at every attempt, because settings change', async () => {
  const receiver = await open();
  expect(await post(receiver.url, { allowHttp: false })).toMatchObject({ problem: 'not-allowed' });
  expect(await post('http://127.0.0.1:22/')).toMatchObject({ problem: 'not-allowed' });
  expect(receiver.received).toEqual([]);
});
