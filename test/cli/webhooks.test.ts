/** `nodeyard webhook` beside a real Redis and a real receiver. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeadLetter, Webhook } from '../../src/webhooks/webhook.js';
import { Yard } from '../support/yard.js';
import { answering, Receiver } from '../webhooks/support/receiver.js';
import { verified } from '../webhooks/support/verify.js';
import { CommandLine, call, callJson, type ErrorValue } from './command-line.js';
import { beside } from './yard-line.js';

let yard: Yard;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.open();
  yard = await Yard.open({
    NODEYARD_WEBHOOKS_ALLOW_HTTP: 'on',
    NODEYARD_WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1',
    NODEYARD_WEBHOOKS_ATTEMPTS: '1',
    NODEYARD_WEBHOOKS_LEASE: '1s',
  });
});
afterAll(async () => {
  await yard.close();
  await receiver.close();
});

interface Added {
  readonly webhook: Webhook;
  readonly secret: string;
}
const run = (...argv: string[]) => call(['webhook', ...argv], beside(yard));
const json = <T>(...argv: string[]) => callJson<T>(['webhook', ...argv], beside(yard));
const add = async (...more: string[]): Promise<Added> =>
  (await json<Added>('add', '--url', receiver.url, ...more)).value;

describe('nodeyard webhook', () => {
  it('add shows the secret once, and no other command ever does', async () => {
    const { status, stdout, stderr } = await run('add', '--url', receiver.url, '--description', 'pager');
    expect(status).toBe(0);
    const [, id = ''] = /^id +(wh[a-z0-9]{12})$/m.exec(stdout) ?? [];
    const [, secret = ''] = /^secret +whsec_(\S+)$/m.exec(stdout) ?? [];
    expect(stderr).toContain('the only time');
    expect(secret).toHaveLength(44);
    const shown = await Promise.all([
      run('ls'),
      json('ls'),
      run('show', id),
      json('show', id),
      run('disable', id),
      json('enable', id),
    ]);
    for (const each of shown) expect(JSON.stringify(each)).not.toContain(secret);
    expect(shown[2]?.stdout).toMatch(/^for +pager$/m);
    expect(shown[2]?.stdout).toMatch(/^added +.* by nodeyard webhook add$/m);
  });

  it('add takes filters in the words of people', async () => {
    const { webhook } = await add(
      ...['--state', 'fault,CREATED', '--group', 'media, web', '--role', 'edge', '--type', 'transition'],
    );
    expect(webhook.filter).toEqual({
      types: ['transition'],
      states: ['FAILED', 'CREATED'],
      groups: ['media', 'web'],
      roles: ['edge'],
    });
    expect((await run('ls')).stdout).toContain(
      'FAILED, CREATED; type transition; group media, web; role edge',
    );
  });

  it.each<[string[], number, string]>([
    [['add'], 2, '--url'],
    [['add', '--url', 'http://10.0.0.1/'], 2, 'url'],
    [['add', '--url', 'https://a:b@hooks.example.com/'], 2, 'url'],
    [['add', '--url', 'https://hooks.example.com/', '--state', 'GONE'], 2, '--state'],
    [['add', '--url', 'https://hooks.example.com/', '--type', 'moved'], 2, 'filter.types[0]'],
    [['show', 'whaaaaaaaaaaaa'], 4, 'id'],
    [['rm', 'x'], 2, 'id'],
    [['show', 'whaaaaaaaaaaaa', '--limit', '0'], 2, '--limit'],
    [['redeliver', 'whaaaaaaaaaaaa'], 2, 'LETTER'],
    [['redeliver', 'whaaaaaaaaaaaa', '1-0', '--all'], 2, '--all'],
    [['redeliver', 'whaaaaaaaaaaaa', '--all'], 4, 'id'],
  ])('%j is refused with status %i, the field named', async (argv, status, field) => {
    const refused = await json<ErrorValue>(...argv);
    expect([refused.status, refused.value.error.field]).toEqual([status, field]);
  });

  it('test sends a message and tells what came back, with status 1 where it was not taken', async () => {
    const { webhook, secret } = await add();
    const good = await run('test', webhook.id);
    expect([good.status, good.stdout]).toEqual([0, expect.stringMatching(/^delivered: status 200, after /)]);
    const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: '' };
    expect(await verified(secret, headers, body)).toMatchObject({ type: 'webhook.test' });
    receiver.next.push(answering(503, {}, 'not\u001b[31m now'));
    const bad = await run('test', webhook.id);
    expect([bad.status, bad.stdout]).toEqual([
      1,
      expect.stringMatching(/^not delivered: status 503 not \[31m now, after /),
    ]);
  });

  it('show lists what is dead, and redeliver has it tried again', async () => {
    receiver.answer = answering(500);
    const { webhook } = await add();
    const { node } = await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
    await yard.startWorker();
    await yard.reaches(node.id, 'CREATED');
    const letters = async () => (await json<{ letters: DeadLetter[] }>('show', webhook.id)).value.letters;
    await expect.poll(async () => (await letters()).length, { timeout: 20_000 }).toBe(3);
    const shown = await run('show', webhook.id);
    expect(shown.stdout).toMatch(new RegExp(`node\\.transition +${node.id} +1 attempts, last 500`));
    receiver.answer = answering(200);
    const [first] = (await letters()).slice(-1);
    expect((await run('redeliver', webhook.id, first?.id ?? '')).stdout).toBe('1 message is tried again\n');
    expect((await json('redeliver', webhook.id, '--all')).value).toEqual({ redelivered: 2 });
    const delivered = async () => (await yard.app.webhooks.get(webhook.id)).delivery.delivered;
    await expect.poll(delivered, { timeout: 20_000 }).toBe(3);
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });

  it('show says who delivers, also where that is `nodeyard api` alone', async () => {
    const other = await Yard.open({
      NODEYARD_WEBHOOKS_ALLOW_HTTP: 'on',
      NODEYARD_WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1',
      NODEYARD_API_LISTEN: '127.0.0.1:0',
    });
    try {
      const { webhook } = await other.app.webhooks.add({ url: receiver.url }, { createdBy: 'test' });
      const show = async () => (await call(['webhook', 'show', webhook.id], beside(other))).stdout;
      expect(await show()).toMatch(/^delivered by +nobody$/m);
      const line = new CommandLine(beside(other));
      const ended = line.run('api', '--json');
      await line.printed('stdout', /"type":"ready"/);
      await other.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
      const delivered = async () => (await other.app.webhooks.get(webhook.id)).delivery.delivered;
      await expect.poll(delivered, { timeout: 20_000 }).toBe(1);
      expect(await show()).toMatch(new RegExp(`^delivered by +\\S+:${process.pid}:`, 'm'));
      line.interrupts.raise('SIGINT');
      expect(await ended).toBe(0);
      expect(await show()).toMatch(/^delivered by +nobody$/m);
    } finally {
      await other.close();
    }
  });

  it('disable and enable say so, and rm ends it', async () => {
    const { id } = (await add()).webhook;
    expect((await run('disable', id, '--reason', 'moving house')).stdout).toBe(`disabled ${id}\n`);
    expect((await run('ls')).stdout).toMatch(new RegExp(`${id} +disabled`));
    expect((await run('show', id)).stdout).toMatch(/^disabled +moving house$/m);
    expect((await run('enable', id)).stdout).toBe(`enabled ${id}\n`);
    expect((await run('rm', id)).stdout).toBe(`removed ${id}\n`);
    expect((await run('rm', id)).status).toBe(4);
  });
});
