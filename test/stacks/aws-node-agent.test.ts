/** The agent of an instance, installed by its user data and run by a real shell, against a real API. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { awsNode } from '../../stacks/aws-node.js';
import { argumentsOfAll } from '../../stacks/local-node/processes.mjs';
import { YardApi } from '../http/yard-api.js';
import { nodeAt } from '../store/support.js';
import { processesOf } from '../support/yard.js';
import { readTemplate } from './terraform.js';

const patience = { timeout: 40_000, interval: 100 };

let yard: YardApi;
let root: string;
let children: ChildProcess[];
beforeAll(async () => {
  yard = await YardApi.open({
    NODEYARD_HEARTBEAT_INTERVAL: '1s',
    NODEYARD_HEARTBEAT_SILENCE: '3s',
    NODEYARD_COMMANDS_VISIBILITY: '1s',
  });
});
afterAll(() => yard.close());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-agent-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) await ended(child);
  // What the agent had begun when it was ended, a poll of the API, ends by itself or here.
  for (const pid of processesOf(root)) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true });
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

const inRoot = (name: string): string => join(root, name);
function program(name: string, text: string): string {
  writeFileSync(inRoot(name), `#!/bin/sh\n${text}\n`);
  chmodSync(inRoot(name), 0o755);
  return inRoot(name);
}

let made = 0;
/** A node that is CREATED, with its agent installed below the test’s directory. */
async function installed(agent: object = {}) {
  made += 1;
  const node = await nodeAt(yard.app.store, 'CREATED', { id: `machine-${made}`, stack: 'aws-node' });
  const token = await yard.app.nodeTokens.tokenOf(node);
  const events = { url: `${yard.api.url}/v1/nodes/${node.id}`, token };
  const inputs = { region: 'eu-central-1', ami: 'ami-0123456789abcdef0', instanceType: 'm7g.large', agent };
  const { id: nodeId, group, role } = node;
  const member = { fleet: 'f', nodeId, group, role, tags: {}, inputs, localDir: '/nodes/x', events };
  const { resource } = JSON.parse(synthesize(awsNode, [member]).configuration);
  const [instance] = Object.values<{ user_data: string }>(resource.aws_instance);
  writeFileSync(inRoot('installer'), await readTemplate(String(instance?.user_data)));
  const result = spawnSync('sh', [inRoot('installer'), root], { encoding: 'utf8' });
  expect([result.status, result.stdout, result.stderr]).toEqual([0, '', '']);
  return { id: nodeId, token };
}

interface Running {
  readonly child: ChildProcess;
  said: string;
}
function start(shell = 'sh'): Running {
  const child = spawn(shell, [inRoot('usr/local/sbin/nodeyard-agent'), inRoot('etc/nodeyard')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // For `mktemp`.
    env: { PATH: process.env['PATH'], TMPDIR: root },
  });
  const running = { child, said: '' };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (running.said += chunk.toString()));
  children.push(child);
  return running;
}

const stateOf = async (id: string) => (await yard.app.client.get(id)).state;
const command = (id: string, name: string, payload: string | null = null) =>
  yard.app.commands.ask(id, { name, payload, ttlMs: 600_000 }, { actor: 'operator' });
const told = (id: string) => yard.app.commands.list(id);

describe('what the user data installs', () => {
  it('is for root’s eyes alone', async () => {
    const { token } = await installed();
    const mode = (path: string) => statSync(inRoot(path)).mode & 0o777;
    expect(mode('etc/nodeyard')).toBe(0o700);
    expect(mode('etc/nodeyard/agent.curl')).toBe(0o600);
    expect(mode('etc/nodeyard/agent.conf')).toBe(0o600);
    expect(mode('usr/local/sbin/nodeyard-agent')).toBe(0o700);
    expect(readFileSync(inRoot('etc/nodeyard/agent.curl'), 'utf8')).toBe(
      `header = "Authorization: Bearer ${token}"\n`,
    );
    expect(existsSync('/etc/systemd/system/nodeyard-agent.service')).toBe(false);
  });
});

const shells = ['dash', 'bash', 'busybox'].filter((name) => spawnSync(name, ['-c', ':']).status === 0);

describe('the agent', () => {
  it.each(['sh', ...shells])('run by %s takes its node into service when it is ready', async (shell) => {
    const { id } = await installed({ readyFile: inRoot('ready') });
    start(shell);
    await expect.poll(() => stateOf(id), patience).toBe('STARTED');
    writeFileSync(inRoot('ready'), '');
    await expect.poll(() => stateOf(id), patience).toBe('INSERVICE');
  });

  it('tells the load of a file and of a program, and leaves out what is none', async () => {
    const loadFile = inRoot('load');
    const loadCommand = program('load-command', 'printf "cpu.load 0.25\\nqueue 7\\nconnections 99\\n"');
    writeFileSync(loadFile, 'connections 12\nsubscribers 9\nBad 1\nfree 12e999\nzero 007\nquoted "1"\nx\n');
    const { id } = await installed({ loadFile, loadCommand });
    start();
    const load = async () => (await yard.app.heartbeats.get(id))?.load;
    await expect
      .poll(load, patience)
      .toEqual({ connections: 12, subscribers: 9, metrics: { 'cpu.load': 0.25, queue: 7 } });
    writeFileSync(loadFile, 'connections 3\n');
    await expect.poll(load, patience).toMatchObject({ connections: 3 });
  });

  it('carries out commands by the program that is named for it, and says how that went', async () => {
    const commandHandler = program(
      'handle',
      `cat > ${inRoot('payload')}; echo "did $1"; [ "$1" = RemoveSubscribers ]`,
    );
    const { id } = await installed({ commandHandler });
    start();
    await expect.poll(() => stateOf(id), patience).toBe('INSERVICE');
    const payload = `it's "all" $(touch ${inRoot('injected')}) \`x\` \\ of %s\nthem`;
    await command(id, 'RemoveSubscribers', payload);
    await expect
      .poll(() => told(id), patience)
      .toMatchObject([{ outcome: 'done', message: 'did RemoveSubscribers' }]);
    expect(JSON.parse(readFileSync(inRoot('payload'), 'utf8'))).toBe(payload);
    await command(id, 'Restart');
    await expect.poll(() => told(id), patience).toMatchObject([{}, { outcome: 'failed' }]);
    expect(existsSync(inRoot('injected'))).toBe(false);
  });

  it('says of commands that nobody is there to carry them out', async () => {
    const { id } = await installed();
    start();
    await expect.poll(() => stateOf(id), patience).toBe('INSERVICE');
    await command(id, 'RemoveSubscribers');
    await expect.poll(() => told(id), patience).toMatchObject([{ outcome: 'unsupported' }]);
  });

  it('that dies between a command and its acknowledgement gets it again', async () => {
    const commandHandler = program(
      'handle',
      `echo "$1" >> ${inRoot('done')}; [ -e ${inRoot('second')} ] || { touch ${inRoot('second')}; kill -9 $(cat ${inRoot('pids')}); }`,
    );
    const { id } = await installed({ commandHandler });
    const first = start();
    await expect.poll(() => stateOf(id), patience).toBe('INSERVICE');
    const exited = once(first.child, 'exit');
    // Everything of it, so that nothing is left to acknowledge.
    writeFileSync(inRoot('pids'), processesOf(inRoot('usr/local/sbin')).join(' '));
    await command(id, 'RemoveSubscribers');
    await exited;
    expect(await told(id)).toMatchObject([{ deliveries: 1 }]);
    start();
    await expect.poll(() => told(id), patience).toMatchObject([{ outcome: 'done', deliveries: 2 }]);
    expect(readFileSync(inRoot('done'), 'utf8')).toBe('RemoveSubscribers\nRemoveSubscribers\n');
  });

  it('goes on trying while the API has no Redis, says so once, and comes back', async () => {
    const { id } = await installed();
    const running = start();
    await expect.poll(() => stateOf(id), patience).toBe('INSERVICE');
    await yard.yard.redis.kill();
    await expect.poll(() => running.said, patience).toContain('events: 503');
    await yard.yard.redis.restart();
    const seen = Date.now();
    await expect
      .poll(async () => (await yard.app.heartbeats.get(id).catch(() => undefined))?.lastSeenAt ?? 0, patience)
      .toBeGreaterThan(seen);
    expect(running.said.match(/events: 503/g)).toHaveLength(1);
  });

  it('never has its token among the arguments of a program, nor in what it says', async () => {
    const { id, token } = await installed();
    const running = start();
    let curls = 0;
    while ((await stateOf(id)) !== 'INSERVICE' || curls < 3) {
      const all = argumentsOfAll();
      curls += all.filter(
        ([name = '', ...rest]) => name.endsWith('curl') && rest.join(' ').includes(root),
      ).length;
      expect(all.flat().filter((word) => word.includes(token))).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(running.said).not.toContain(token);
  });

  it('ends on TERM and removes what it kept', async () => {
    const { id } = await installed();
    const { child } = start();
    await expect.poll(() => stateOf(id), patience).toBe('INSERVICE');
    await ended(child);
    expect(child.exitCode).toBe(0);
    await expect.poll(() => processesOf(inRoot('usr/local/sbin')), patience).toEqual([]);
    const left = spawnSync('ls', [root], { encoding: 'utf8' }).stdout.split('\n');
    expect(left.filter((name) => name.startsWith('tmp.'))).toEqual([]);
  });
});
