/** The command line, and the processes that it starts. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askCloud } from './client.js';
import { createMirror } from './mirror.js';
import { selfSigned } from './provider/certificate.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = ['--import', 'tsx', fileURLToPath(new URL('./main.ts', import.meta.url))];

let directory: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ny-simcloud-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await ended(child, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

function started(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(file, args, {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function firstLine(child: ReturnType<typeof started>): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) return line;
  return '';
}

const run = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [...COMMAND, ...args], { cwd: PROJECT })).stdout;

describe('a cloud of its own process', () => {
  test('loses nothing when it is killed, and is asked and spoiled from the command line', async () => {
    const serve = () => started(process.execPath, [...COMMAND, 'serve', directory]);
    const first = serve();
    const socket = (await firstLine(first)).replace('SIMCLOUD_SOCKET=', '');
    const volume = {
      AvailabilityZone: 'eu-central-1a',
      VolumeSize: 1,
      Tags: [{ Key: 'nodeyard:node-id', Value: 'n1' }],
    };
    const request = { call: 'CreateVolume', region: 'eu-central-1', input: volume, caller: { pid: 1 } };
    await askCloud(socket, 'POST', '/call', request);
    await ended(first, 'SIGKILL');

    const second = serve();
    await firstLine(second);
    expect(JSON.parse(await run('show', 'resources', '--socket', socket))).toMatchObject([
      { kind: 'volume' },
    ]);
    expect(await askCloud(socket, 'GET', '/unowned?node=n1')).toEqual([]);
    const plan = join(directory, 'plan.json');
    writeFileSync(plan, JSON.stringify([{ call: 'CreateVolume', fault: 'throttled' }]));
    await run('faults', plan, '--socket', socket);
    await expect(askCloud(socket, 'POST', '/call', request)).rejects.toThrow(/RequestLimitExceeded/);
    await expect(askCloud(socket, 'POST', '/faults', { plan: [{ fault: 'x' }] })).rejects.toThrow(/refuses/);
    await ended(second, 'SIGTERM');
    expect(second.exitCode).toBe(0);
  });
});

describe('an SDK', () => {
  test('is told where to go, and comes to the same cloud', async () => {
    const child = started(process.execPath, [...COMMAND, 'serve', directory]);
    const lines = new Map<string, string>();
    for await (const line of createInterface({ input: child.stdout })) {
      const [name = '', value = ''] = line.split(/=(.*)/s);
      lines.set(name, value);
      if (lines.size === 4) break;
    }
    const endpoint = lines.get('AWS_ENDPOINT_URL_EC2') ?? '';
    const scope = `${lines.get('AWS_ACCESS_KEY_ID')}/20260101/eu-central-1/ec2/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    const answer = await fetch(endpoint, {
      method: 'POST',
      body: 'Action=DescribeInstances&Version=2016-11-15',
      headers: { authorization },
    });
    expect(await answer.text()).toContain('<reservationSet></reservationSet>');
    expect(await askCloud(lines.get('SIMCLOUD_SOCKET') ?? '', 'GET', '/calls')).toMatchObject([
      { call: 'DescribeInstances', region: 'eu-central-1' },
    ]);
  });
});

describe('the provider', () => {
  const provider = async (env: NodeJS.ProcessEnv) => {
    await createMirror(directory);
    const home = join(directory, 'registry.terraform.io/hashicorp/aws/6.25.0');
    const place = join(home, readdirSync(home)[0] ?? '');
    return started(join(place, 'terraform-provider-aws_v6.25.0_x5'), [], env);
  };

  test('says to a person that it is a plugin', async () => {
    const child = await provider({ TF_PLUGIN_MAGIC_COOKIE: undefined });
    const [[words], [status]] = await Promise.all([once(child.stderr, 'data'), once(child, 'exit')]);
    expect(String(words)).toContain('plugin of Terraform');
    expect(status).toBe(1);
  });

  test('speaks only with the holder of the certificate that its parent named', async () => {
    const parent = selfSigned(Date.now());
    const child = await provider({ TF_PLUGIN_MAGIC_COOKIE: 'x', PLUGIN_CLIENT_CERT: parent.certPem });
    const [core, protocol, network, address = '', kind, certificate = ''] = (await firstLine(child)).split(
      '|',
    );
    expect([core, protocol, network, kind]).toEqual(['1', '5', 'tcp', 'grpc']);
    const port = Number(address.split(':')[1]);
    const ca = new X509Certificate(Buffer.from(certificate, 'base64')).toString();
    const welcomed = (client?: { readonly certPem: string; readonly keyPem: string }): Promise<boolean> =>
      new Promise((resolve) => {
        const identity = client === undefined ? {} : { cert: client.certPem, key: client.keyPem };
        const place = { port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['h2'] };
        const socket = connect({ ...place, ...identity });
        // The server’s settings come only after it has accepted the client.
        socket.once('data', () => socket.destroy() && resolve(true));
        socket.once('error', () => resolve(false));
        socket.once('close', () => resolve(false));
      });
    expect(await welcomed(parent)).toBe(true);
    expect(await welcomed(selfSigned(Date.now()))).toBe(false);
    expect(await welcomed()).toBe(false);
  });
});
