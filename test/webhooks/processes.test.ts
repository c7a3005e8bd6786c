/** Deliveries by real worker processes: one that is killed, one that is frozen, TLS that is vouched for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../simcloud/provider/certificate.js';
import { nodeAt } from '../store/support.js';
import { type WorkerProcess, Yard } from '../support/yard.js';
import { answering, Receiver } from './support/receiver.js';
import { verified } from './support/verify.js';

const SETTINGS = {
  NODEYARD_WEBHOOKS_ALLOW_HTTP: 'on',
  NODEYARD_WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1,localhost',
  NODEYARD_WEBHOOKS_BACKOFF: '100ms',
  NODEYARD_WEBHOOKS_LEASE: '2s',
};

let yard: Yard;
let receivers: Receiver[];
beforeEach(() => {
  receivers = [];
});
afterEach(async () => {
  for (const receiver of receivers) await receiver.close();
  await yard.close();
});

async function open(...options: Parameters<typeof Receiver.open>): Promise<Receiver> {
  const receiver = await Receiver.open(...options);
  receivers.push(receiver);
  return receiver;
}
const add = (receiver: { readonly url: string }) =>
  yard.app.webhooks.add({ url: receiver.url }, { createdBy: 'test' });
const delivery = async (id: string) => (await yard.app.webhooks.get(id)).delivery;
/** Events of nodes that no worker drives: nothing but deliveries happens. */
const node = async (): Promise<string> => (await nodeAt(yard.app.store, 'INSERVICE')).id;
const happens = (id: string, word: string) => yard.app.store.note(id, { actor: 'operator', reason: word });

interface Body {
  readonly type: string;
  readonly data: { readonly nodeId: string; readonly reason?: string };
}
/** What a receiver that minds ids has seen of a node, in the order of the first time. */
function seen(receiver: Receiver, nodeId: string): (string | undefined)[] {
  const ids = new Set<unknown>();
  return receiver.received.flatMap(({ headers, body }) => {
    const { data } = JSON.parse(body) as Body;
    if (data.nodeId !== nodeId || ids.has(headers['webhook-id'])) return [];
    ids.add(headers['webhook-id']);
    return [data.reason];
  });
}
const patience = { timeout: 30_000 };

describe('a worker that delivers', () => {
  test('and is killed in the middle is followed by another one: nothing is lost, each node in order', async () => {
    yard = await Yard.open(SETTINGS);
    const receiver = await open();
    const nodes = [await node(), await node(), await node()];
    const { webhook, secret } = await add(receiver);
    const first = await yard.spawnWorker();
    for (let i = 0; i < 20; i += 1) for (const id of nodes) await happens(id, `early ${i}`);
    await expect.poll(() => receiver.received.length, patience).toBeGreaterThan(5);
    // The next answer comes too late: it is sent, and never stored.
    const killed = new Promise<void>((resolve) => {
      receiver.next.push((response) => {
        first.signal('SIGKILL');
        response.writeHead(200).end();
        resolve(first.exited());
      });
    });
    await happens(nodes[0] ?? '', 'early 20');
    await killed;
    for (let i = 0; i < 5; i += 1) for (const id of nodes) await happens(id, `late ${i}`);
    await yard.spawnWorker();
    await expect.poll(async () => (await delivery(webhook.id)).delivered, patience).toBe(20 * 3 + 1 + 5 * 3);
    for (const [index, id] of nodes.entries()) {
      expect(seen(receiver, id)).toEqual([
        ...Array.from({ length: 20 }, (_, i) => `early ${i}`),
        ...(index === 0 ? ['early 20'] : []),
        ...Array.from({ length: 5 }, (_, i) => `late ${i}`),
      ]);
    }
    // What was sent again was sent under the same id, and at least one was.
    expect(receiver.ids.length).toBeGreaterThan(new Set(receiver.ids).size);
    for (const { headers, body } of receiver.received) await verified(secret, headers, body);
    expect((await delivery(webhook.id)).gaps).toBe(0);
  });

  test('and is stopped gives its webhooks back at once', async () => {
    yard = await Yard.open({ ...SETTINGS, NODEYARD_WEBHOOKS_LEASE: '1h' });
    const receiver = await open();
    const id = await node();
    const { webhook } = await add(receiver);
    const first = await yard.spawnWorker();
    await happens(id, 'a');
    await expect.poll(() => receiver.received.length, patience).toBe(1);
    first.signal('SIGTERM');
    await first.exited();
    await happens(id, 'b');
    await yard.spawnWorker();
    await expect.poll(() => seen(receiver, id), patience).toEqual(['a', 'b']);
    expect(new Set(receiver.ids).size).toBe(receiver.ids.length);
    const latest = await yard.app.store.latestPosition();
    await expect.poll(async () => (await delivery(webhook.id)).position, patience).toBe(latest);
  });

  test('is alone at it: of several workers one delivers a webhook', async () => {
    yard = await Yard.open(SETTINGS);
    const receiver = await open();
    const id = await node();
    const { webhook } = await add(receiver);
    await Promise.all([yard.spawnWorker(), yard.spawnWorker({ NODEYARD_DATA_DIR: join(yard.dataDir, 'b') })]);
    for (let i = 0; i < 100; i += 1) await happens(id, `word ${i}`);
    await expect.poll(async () => (await delivery(webhook.id)).delivered, patience).toBe(100);
    expect(receiver.ids).toHaveLength(100);
    expect(seen(receiver, id)).toEqual(Array.from({ length: 100 }, (_, i) => `word ${i}`));
  });

  test('and freezes is followed by another one; awake again it writes nothing over it', async () => {
    yard = await Yard.open(SETTINGS);
    const receiver = await open();
    const id = await node();
    const { webhook } = await add(receiver);
    const first = await yard.spawnWorker();
    await happens(id, 'a');
    await expect.poll(async () => (await delivery(webhook.id)).delivered, patience).toBe(1);
    const holder = (await delivery(webhook.id)).deliveredBy;
    first.signal('SIGSTOP');
    await yard.spawnWorker({ NODEYARD_DATA_DIR: join(yard.dataDir, 'b') });
    await happens(id, 'b');
    await expect.poll(async () => (await delivery(webhook.id)).delivered, patience).toBe(2);
    expect((await delivery(webhook.id)).deliveredBy).not.toBe(holder);
    first.signal('SIGCONT');
    await expect.poll(() => first.log.join('\n'), patience).toContain('"end":"lost"');
    await happens(id, 'c');
    await expect.poll(() => seen(receiver, id), patience).toEqual(['a', 'b', 'c']);
    await expect.poll(async () => (await delivery(webhook.id)).delivered, patience).toBe(3);
  });

  test('leaves it to others where that is set', async () => {
    yard = await Yard.open({ ...SETTINGS, NODEYARD_WEBHOOKS_DELIVER: 'off' });
    const receiver = await open();
    const id = await node();
    await add(receiver);
    await yard.spawnWorker();
    await happens(id, 'a');
    await yard.spawnWorker({
      NODEYARD_WEBHOOKS_DELIVER: 'on',
      NODEYARD_DATA_DIR: join(yard.dataDir, 'b'),
    });
    await expect.poll(() => seen(receiver, id), patience).toEqual(['a']);
  });

  test('does not call a private address that is not allowed to it, whoever added the webhook', async () => {
    yard = await Yard.open(SETTINGS);
    const receiver = await open();
    const id = await node();
    const { webhook } = await add(receiver);
    await yard.spawnWorker({ NODEYARD_WEBHOOKS_ALLOW_PRIVATE: '', NODEYARD_WEBHOOKS_ATTEMPTS: '2' });
    await happens(id, 'a');
    await expect.poll(async () => (await delivery(webhook.id)).dead, patience).toBe(1);
    expect((await delivery(webhook.id)).lastFailure).toMatchObject({
      problem: 'not-allowed',
      detail: '127.0.0.1 is loopback',
    });
    expect(receiver.received).toEqual([]);
  });
});

describe('over TLS', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ny-tls-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function worker(trusted: string): Promise<WorkerProcess> {
    const path = join(directory, 'ca.pem');
    writeFileSync(path, trusted);
    return yard.spawnWorker({ NODE_EXTRA_CA_CERTS: path });
  }

  test('a receiver gets its events by the name in its certificate, and not by another one', async () => {
    yard = await Yard.open({ ...SETTINGS, NODEYARD_WEBHOOKS_ALLOW_HTTP: 'off' });
    const { certPem: cert, keyPem: key } = selfSigned(Date.now());
    const receiver = await open({ tls: { cert, key } });
    receiver.answer = answering(204);
    const id = await node();
    const named = await add({ url: receiver.url.replace('127.0.0.1', 'localhost') });
    const numbered = await add(receiver);
    await worker(cert);
    await happens(id, 'a');
    await expect.poll(async () => (await delivery(named.webhook.id)).delivered, patience).toBe(1);
    const failed = async () => (await delivery(numbered.webhook.id)).lastFailure;
    await expect.poll(failed, patience).toMatchObject({
      problem: 'untrusted',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect((await delivery(numbered.webhook.id)).delivered).toBe(0);
    for (const { headers, body } of receiver.received) await verified(named.secret, headers, body);
  });
});
