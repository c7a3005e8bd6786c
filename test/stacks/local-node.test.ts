import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { processesWith, tokenArgument } from '../../stacks/local-node/processes.mjs';
import { localNode } from '../../stacks/local-node.js';
import { APPLY, DESTROY, type TerraformDirectory, terraformDirectory } from './terraform.js';

interface Health {
  readonly status: string;
  readonly nodeId: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly message: string;
}

let root: string;
let runs: TerraformDirectory[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-local-'));
  runs = [];
});

afterEach(() => {
  for (const run of runs) run.remove();
  const left = readdirSync(root);
  const processes = left.flatMap((id) => serversOf(id));
  for (const pid of processes) process.kill(pid, 'SIGKILL');
  rmSync(root, { recursive: true });
  expect({ left, processes }).toEqual({ left: [], processes: [] });
});

const localDir = (id: string) => join(root, id);
const serversOf = (id: string) => processesWith(`--nodeyard-directory=${localDir(id)}`);
const configurationOf = (id: string, inputs: object) =>
  synthesize(localNode, [
    { fleet: 'f', nodeId: id, group: 'g', role: 'r', tags: {}, inputs, localDir: localDir(id) },
  ]);

function directoryFor(id: string, inputs: object = {}): TerraformDirectory {
  const run = terraformDirectory({ NODEYARD_RUN_ID: 'run-1', AWS_SECRET_ACCESS_KEY: 'hidden' });
  runs.push(run);
  run.write(configurationOf(id, inputs).configuration);
  return run;
}

/** Outputs by the stack’s own names. */
function outputsOf(run: TerraformDirectory, id: string): Record<string, unknown> {
  const names = configurationOf(id, {}).outputNames.get(id) ?? {};
  return Object.fromEntries(
    Object.entries(run.state().outputs).map(([name, { value }]) => [names[name], value]),
  );
}

async function created(id: string, inputs: object = {}) {
  const run = directoryFor(id, inputs);
  expect(await run.run(...APPLY)).toMatchObject({ status: 0 });
  return { run, ...(outputsOf(run, id) as { address: string; port: number; pid: number }) };
}

async function destroyed(run: TerraformDirectory): Promise<void> {
  expect(await run.run(...DESTROY)).toMatchObject({ status: 0 });
  expect(run.state().resources).toEqual([]);
}

async function health(address: string): Promise<Health> {
  return (await (await fetch(`${address}/healthz`)).json()) as Health;
}

/** For what happens in processes that are not our children and so give no event. */
async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    await delay(20);
  }
}

const tokenOf = (run: TerraformDirectory): string =>
  run.state().resources.find(({ name }) => name.includes('_claim_'))?.instances[0]?.attributes[
    'id'
  ] as string;

/** Begins a create whose node boots for ever, and comes back when its process listens. */
async function booting(id: string) {
  const run = directoryFor(id, { bootDelayMs: 600_000 });
  const { child, result } = run.start(...APPLY);
  const server = await until(() => serversOf(id)[0]);
  await until(() => readdirSync(localDir(id)).find((name) => name.endsWith('.json')));
  const starter = await until(() => processesWith(tokenArgument(tokenOf(run))).find((pid) => pid !== server));
  return { run, child, result, server, starter };
}

/** What nodeyard does to the state after a kill: what had started and not finished is replaced by the next run. */
const taintProcess = (run: TerraformDirectory) =>
  run.editState((state) => {
    for (const { name, instances } of state.resources) {
      if (name.includes('_process_') && instances[0]) instances[0].status = 'tainted';
    }
  });

describe('a local node', () => {
  it('is a healthy process with the outputs address, port and pid until it is destroyed', async () => {
    const { run, address, port, pid } = await created('n1', {
      message: 'hello ${file("/etc/passwd")} %{ if',
    });
    expect(address).toBe(`http://127.0.0.1:${port}`);
    expect(await health(address)).toEqual({
      status: 'ok',
      nodeId: 'n1',
      pid,
      uptimeSeconds: expect.any(Number),
      message: 'hello ${file("/etc/passwd")} %{ if',
    });
    expect(serversOf('n1')).toEqual([pid]);
    expect((await fetch(`${address}/other`)).status).toBe(404);
    await destroyed(run);
    expect(serversOf('n1')).toEqual([]);
    expect(existsSync(localDir('n1'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')(
    'inherits neither the run’s variables nor its directory, and leads a session of its own',
    async () => {
      const { run, pid } = await created('n1');
      const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .map((entry) => entry.split('=', 1)[0]);
      expect(names.filter((name) => name !== '' && !name?.startsWith('NODEYARD_LOCAL_'))).toEqual([
        'NODE_CHANNEL_FD',
        'NODE_CHANNEL_SERIALIZATION_MODE',
      ]);
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
      const session = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]);
      expect(session).toBe(pid);
      await destroyed(run);
    },
  );

  it('does not change when it is planned again, with or without its process and files', async () => {
    const { run, pid } = await created('n1');
    expect(await run.run('plan', '-detailed-exitcode', '-no-color')).toMatchObject({ status: 0 });
    process.kill(pid, 'SIGKILL');
    for (const name of readdirSync(localDir('n1'))) rmSync(join(localDir('n1'), name));
    expect(await run.run('plan', '-detailed-exitcode', '-no-color')).toMatchObject({ status: 0 });
    await destroyed(run);
  });

  it('is destroyed with success when its process and its directory are gone already', async () => {
    const { run, pid } = await created('n1');
    process.kill(pid, 'SIGKILL');
    rmSync(localDir('n1'), { recursive: true });
    await destroyed(run);
  });

  it('is ended alone: neither another node nor a stranger with a similar argument is touched', async () => {
    const first = await created('n1');
    const second = await created('n2');
    const stranger = spawn(process.execPath, [
      '-e',
      'setInterval(() => {}, 1e6)',
      '--',
      `${tokenArgument(tokenOf(first.run))}0`,
    ]);
    // The file names the stranger: ids of processes are used again.
    const facts = readdirSync(localDir('n1')).find((name) => name.endsWith('.json'));
    writeFileSync(join(localDir('n1'), String(facts)), JSON.stringify({ pid: stranger.pid }));
    await destroyed(first.run);
    expect(serversOf('n1')).toEqual([]);
    expect(await health(second.address)).toMatchObject({ status: 'ok', pid: second.pid });
    expect(stranger.exitCode).toBeNull();
    stranger.kill('SIGKILL');
    expect(await once(stranger, 'exit')).toEqual([null, 'SIGKILL']);
    await destroyed(second.run);
  });

  it('shares a run with others', async () => {
    const run = terraformDirectory();
    runs.push(run);
    const ids = ['a-b', 'a_b', 'A', 'a'];
    const members = ids.map((nodeId) => ({
      fleet: 'f',
      nodeId,
      group: 'g',
      role: 'r',
      tags: {},
      inputs: {},
      localDir: localDir(`dir-${ids.indexOf(nodeId)}`),
    }));
    const { configuration, outputNames } = synthesize(localNode, members);
    run.write(configuration);
    expect(await run.run(...APPLY)).toMatchObject({ status: 0 });
    const { outputs } = run.state();
    for (const id of ids) {
      const name = Object.entries(outputNames.get(id) ?? {}).find(([, own]) => own === 'address')?.[0];
      expect(await health(String(outputs[String(name)]?.value))).toMatchObject({ nodeId: id });
    }
    await destroyed(run);
  });

  it('answers 503 while it boots, and its create waits', async () => {
    const { run, child, result } = await booting('n1');
    const file = readdirSync(localDir('n1')).find((name) => name.endsWith('.json'));
    const { address } = JSON.parse(readFileSync(join(localDir('n1'), String(file)), 'utf8')) as {
      address: string;
    };
    const response = await fetch(`${address}/healthz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: 'booting', nodeId: 'n1' });
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect((await result).status).toBe(1);
    await destroyed(run);
  });

  it('says why it could not start, and leaves nothing', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const run = directoryFor('n1', { port });
    const { status, output } = await run.run(...APPLY);
    expect(status).toBe(1);
    expect(output).toContain('EADDRINUSE');
    await destroyed(run);
    blocker.close();
    await once(blocker, 'close');
  });
});

describe('a local node whose create was killed', () => {
  it('is destroyed when the starter was killed and its resource is tainted', async () => {
    const { run, result, starter, server } = await booting('n1');
    process.kill(starter, 'SIGKILL');
    expect((await result).status).toBe(1);
    expect(serversOf('n1')).toEqual([server]);
    await destroyed(run);
    expect(serversOf('n1')).toEqual([]);
  });

  it('is destroyed, starter and process, when Terraform itself was killed', async () => {
    const { run, child, result, starter } = await booting('n1');
    child.kill('SIGKILL');
    await result;
    taintProcess(run);
    const token = tokenOf(run);
    expect(processesWith(tokenArgument(token))).toContain(starter);
    await destroyed(run);
    expect(processesWith(tokenArgument(token))).toEqual([]);
  });

  it('is one process after another apply, and none after the destroy', async () => {
    const { run, child, result, server } = await booting('n1');
    child.kill('SIGKILL');
    await result;
    taintProcess(run);
    run.write(configurationOf('n1', {}).configuration);
    expect(await run.run(...APPLY)).toMatchObject({ status: 0 });
    const { pid, address } = outputsOf(run, 'n1') as { pid: number; address: string };
    expect(pid).not.toBe(server);
    expect(serversOf('n1')).toEqual([pid]);
    expect(await health(address)).toMatchObject({ status: 'ok', pid });
    await destroyed(run);
  });

  it('is one process when its claim was lost with an unsaved state and it is created anew', async () => {
    const lost = await created('n1');
    const again = await created('n1');
    expect(serversOf('n1')).toEqual([again.pid]);
    expect(again.pid).not.toBe(lost.pid);
    await destroyed(again.run);
    await destroyed(lost.run);
  });
});

describe('the scripts of a local node', () => {
  const script = (name: string) => fileURLToPath(new URL(`../../stacks/local-node/${name}`, import.meta.url));
  const runScript = async (name: string, env: Record<string, string>) => {
    const child = spawn(process.execPath, [script(name)], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [status] = await once(child, 'close');
    return { status: status as number, errors };
  };
  const parameters = (token: string) => ({
    NODEYARD_LOCAL_TOKEN: token,
    NODEYARD_LOCAL_DIR: localDir('n1'),
    NODEYARD_LOCAL_START: randomUUID(),
    NODEYARD_LOCAL_NODE_ID: 'n1',
    NODEYARD_LOCAL_PORT: '0',
    NODEYARD_LOCAL_BOOT_DELAY_MS: '0',
    NODEYARD_LOCAL_MESSAGE: '',
  });

  it.each(['start.mjs', 'server.mjs'])('%s gives up when the node’s end has begun', async (name) => {
    const token = randomUUID();
    mkdirSync(localDir('n1'));
    writeFileSync(join(localDir('n1'), `${token}.ended`), '');
    expect((await runScript(name, parameters(token))).status).toBe(name === 'start.mjs' ? 1 : 0);
    expect(processesWith(tokenArgument(token))).toEqual([]);
    expect(readdirSync(localDir('n1'))).toEqual([`${token}.ended`]);
    rmSync(localDir('n1'), { recursive: true });
  });

  it('start ends an earlier starter of its token, which could still start another process', async () => {
    const token = randomUUID();
    const earlier = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', '--', tokenArgument(token)]);
    const ended = once(earlier, 'exit');
    await until(() => processesWith(tokenArgument(token)).includes(earlier.pid as number));
    expect((await runScript('start.mjs', parameters(token))).status).toBe(0);
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(serversOf('n1')).toHaveLength(1);
    expect((await runScript('end.mjs', parameters(token))).status).toBe(0);
    expect(serversOf('n1')).toEqual([]);
  });

  it('end removes the files of its own token only', async () => {
    const [token, other] = [randomUUID(), randomUUID()];
    mkdirSync(localDir('n1'));
    writeFileSync(join(localDir('n1'), `${token}.log`), '');
    writeFileSync(join(localDir('n1'), `${other}.log`), '');
    expect((await runScript('end.mjs', parameters(token))).status).toBe(0);
    expect(readdirSync(localDir('n1'))).toEqual([`${other}.log`]);
    rmSync(localDir('n1'), { recursive: true });
  });

  it('refuse a token that is no UUID and a directory that is not absolute', async () => {
    const path = await runScript('end.mjs', parameters('../../x'));
    expect(path).toMatchObject({ status: 1, errors: expect.stringContaining('must be a UUID') });
    const relative = await runScript('end.mjs', {
      ...parameters(randomUUID()),
      NODEYARD_LOCAL_DIR: 'somewhere',
    });
    expect(relative).toMatchObject({ status: 1, errors: expect.stringContaining('must be absolute') });
    expect(existsSync(localDir('n1')) || existsSync('somewhere')).toBe(false);
  });
});
