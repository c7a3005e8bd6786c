/** What a local node says by itself, heard by a server that stands in for the API and keeps what it was told. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { argumentsOfAll } from '../../stacks/local-node/processes.mjs';
import { localNode } from '../../stacks/local-node.js';
import { processesOf } from '../support/yard.js';
import { APPLY, DESTROY, type TerraformDirectory, terraformDirectory } from './terraform.js';

const TOKEN = `nyn_n1_${'s3cr3t-token_'.repeat(4).slice(0, 43)}`;

interface Told {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

let root: string;
let run: TerraformDirectory;
let api: Server;
let told: Told[];
let status: number;
/** Given out by the next poll. */
let commands: object[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ny-events-'));
  run = terraformDirectory({});
  told = [];
  commands = [];
  status = 200;
  api = createServer((request, response) => {
    void answerTo(request).then((answer) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const pid of processesOf(root)) process.kill(pid, 'SIGKILL');
  run.remove();
  rmSync(root, { recursive: true });
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
});

async function answerTo(request: IncomingMessage): Promise<object> {
  const body = await text(request);
  const path = String(request.url);
  told.push({
    path,
    authorization: request.headers.authorization,
    body: body === '' ? '' : JSON.parse(body),
  });
  if (path.endsWith('/events')) return { state: 'INSERVICE', intervalMs: 50 };
  return path.includes('/commands?') ? { commands: commands.splice(0) } : {};
}

const base = () => `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1/nodes/n1`;
const member = (events?: { url: string; token: string }) => ({
  fleet: 'f',
  nodeId: 'n1',
  group: 'g',
  role: 'r',
  tags: {},
  inputs: {},
  localDir: join(root, 'n1'),
  events,
});
async function apply(events?: { url: string; token: string }) {
  run.write(synthesize(localNode, [member(events)]).configuration);
  const result = await run.run(...APPLY);
  expect(result).toMatchObject({ status: 0 });
  const names = synthesize(localNode, [member(events)]).outputNames.get('n1') ?? {};
  const outputs = Object.entries(run.state().outputs).map(([name, { value }]) => [names[name], value]);
  return { ...result, ...(Object.fromEntries(outputs) as { address: string; pid: number }) };
}
const events = () => told.filter(({ path }) => path.endsWith('/events'));
const patience = { timeout: 20_000 };

describe('a local node that was told of the API', () => {
  it('says with its token that it is configured, and its load, again and again', async () => {
    const { address } = await apply({ url: base(), token: TOKEN });
    await expect.poll(() => events().length, patience).toBeGreaterThan(2);
    expect(events()[0]).toEqual({
      path: '/v1/nodes/n1/events',
      authorization: `Bearer ${TOKEN}`,
      body: { configured: true, connections: 0, publishers: 0, subscribers: 0 },
    });
    const subscription = await fetch(`${address}/subscribe`);
    expect(subscription.status).toBe(200);
    await expect
      .poll(() => events().at(-1)?.body, patience)
      .toMatchObject({ connections: 1, subscribers: 1 });
    await subscription.body?.cancel();
    await expect.poll(() => events().at(-1)?.body, patience).toMatchObject({ connections: 0 });
  });

  it('removes its subscribers when it is told to, and says so afterwards; what it does not know it says, too', async () => {
    const { address } = await apply({ url: base(), token: TOKEN });
    const subscription = await fetch(`${address}/subscribe`);
    const reader = subscription.body?.getReader();
    await reader?.read();
    commands.push(
      { id: '7', name: 'RemoveSubscribers', payload: null },
      { id: '8', name: 'MakeCoffee', payload: { sugar: 2 } },
    );
    await expect(reader?.read()).rejects.toThrow();
    const acks = () => told.filter(({ path }) => path.endsWith('/ack')).map(({ path, body }) => [path, body]);
    await expect.poll(acks, patience).toEqual([
      ['/v1/nodes/n1/commands/7/ack', { outcome: 'done' }],
      ['/v1/nodes/n1/commands/8/ack', { outcome: 'unsupported' }],
    ]);
  });

  it('lives on while nobody answers, and while it is refused, and says so once', async () => {
    status = 503;
    const { address } = await apply({ url: base(), token: TOKEN });
    await expect.poll(() => events().length, patience).toBeGreaterThan(3);
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    status = 200;
    const log = () => {
      const name = readdirSync(join(root, 'n1')).find((file) => file.endsWith('.log'));
      return readFileSync(join(root, 'n1', String(name)), 'utf8')
        .split('\n')
        .filter(Boolean);
    };
    await expect.poll(log, patience).toContain('events: heard again');
    expect(log().filter((line) => line.startsWith('events: 503'))).toHaveLength(1);
    expect(log().join('\n')).not.toContain(TOKEN);
  });

  it('is left alone by a run with another address or another token, or with none', async () => {
    const first = await apply({ url: base(), token: TOKEN });
    for (const other of [{ url: 'https://elsewhere.example/v1/nodes/n1', token: 'another' }, undefined]) {
      const { pid, output } = await apply(other);
      expect(pid).toBe(first.pid);
      expect(output).toContain('No changes');
    }
  });

  it('keeps its token out of every argument, of what Terraform prints, and of the state', async () => {
    run.write(synthesize(localNode, [member({ url: base(), token: TOKEN })]).configuration);
    const { child, result } = run.start('apply', '-auto-approve', '-json');
    let seen = 0;
    while (child.exitCode === null) {
      const all = argumentsOfAll().flat();
      seen += all.filter((word) => word.includes(root)).length;
      expect(all.filter((word) => word.includes(TOKEN))).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(seen).toBeGreaterThan(0);
    expect((await result).output).not.toContain(TOKEN);
    expect(JSON.stringify(run.state())).not.toContain(TOKEN);
    expect((await run.run(...DESTROY)).output).not.toContain(TOKEN);
  });

  it('is ended by a destroy as any other', async () => {
    await apply({ url: base(), token: TOKEN });
    expect(await run.run(...DESTROY)).toMatchObject({ status: 0 });
    expect(processesOf(root)).toEqual([]);
  });
});

it('a local node that was told of nobody speaks to nobody', async () => {
  const { address } = await apply();
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  expect(told).toEqual([]);
});
