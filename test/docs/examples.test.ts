/** The examples of the documents run: against a real Redis, a real worker and a real Terraform. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startApi } from '../../src/api.js';
import { loadConfig } from '../../src/config.js';
import { checkStacks } from '../../src/groups/check-stacks.js';
import { granted, groupWishSchema } from '../../src/groups/config.js';
import { parseInput } from '../../src/node/problems.js';
import { createJobSchema, destroyJobSchema } from '../../src/node/request.js';
import { parseInputs } from '../../src/synth/inputs.js';
import { synthesize } from '../../src/synth/synthesize.js';
import { webhookPayloadSchema } from '../../src/webhooks/payload.js';
import { newSecret, signatureHeaders } from '../../src/webhooks/signature.js';
import { awsNode } from '../../stacks/aws-node.js';
import { loadCatalog } from '../../stacks/catalog.js';
import { call } from '../cli/command-line.js';
import { TERRAFORM_SETTINGS } from '../support/terraform-binary.js';
import { processesOf, Yard } from '../support/yard.js';
import { marked, page, ROOT } from './pages.js';

const run = promisify(execFile);
const CHILD_TIMEOUT_MS = 60_000;
const builtIn = await loadCatalog();
const hasPythonBullmq = spawnSync('python3', ['-c', 'import bullmq']).status === 0;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ny-docs-'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a JSON example', () => {
  /** Everything that a block may claim to be valid for. Each throws where it is not. */
  const CHECKS: Readonly<Record<string, (value: unknown) => unknown>> = {
    'create-job': (value) => parseInput(createJobSchema, value),
    'destroy-job': (value) => parseInput(destroyJobSchema, value),
    'aws-node': (value) => parseInputs(awsNode, value),
    // A field that the schema does not know would be dropped.
    'webhook-payload': (value) => expect(parseInput(webhookPayloadSchema, value)).toEqual(value),
    group: (value) =>
      checkStacks(granted(parseInput(groupWishSchema, value), undefined), (stack, inputs) =>
        parseInputs(builtIn.get(stack), inputs),
      ),
    configuration: (value) => {
      writeFileSync(join(directory, 'nodeyard.json'), JSON.stringify(value));
      return loadConfig({ env: {}, cwd: directory });
    },
  };

  test.each(marked('valid').map((block, index) => [`${block.page} #${index}`, block] as const))(
    'of %s is what it says',
    (_, { what, language, code }) => {
      const check = CHECKS[what];
      if (check === undefined) throw new Error(`nothing checks "${what}"`);
      expect(() => check(language === 'yaml' ? parse(code) : JSON.parse(code))).not.toThrow();
    },
  );

  test('that is wrong would be refused', () => {
    const misspelt = { v: 1, node: { group: 'g', role: 'r', stack: 's', imputs: {} } };
    expect(() => CHECKS['create-job']?.(misspelt)).toThrow('node.imputs');
    expect(() => CHECKS['destroy-job']?.({ v: 1, node: {} })).toThrow('an id or a requestId');
    expect(() => CHECKS['group']?.({ name: 'g', roles: {} })).toThrow('roles');
    const nowhere = { name: 'g', stack: 'aws-node', inputs: { region: 'nowhere' }, roles: { r: { max: 1 } } };
    expect(() => CHECKS['group']?.(nowhere)).toThrow('inputs.region');
    expect(() => CHECKS['aws-node']?.({ region: 'nowhere' })).toThrow('inputs.region');
    expect(() => CHECKS['configuration']?.({ stack: [] })).toThrow('stack');
    expect(() => CHECKS['webhook-payload']?.({ v: 1, type: 'node.moved' })).toThrow('type');
  });
});

test('the group and the load of the page about scaling are played as it says', async () => {
  for (const { what, code } of marked('play')) writeFileSync(join(directory, what), code);
  const command =
    page('docs/scaling.md').blocks.find(({ code }) => code.startsWith('nodeyard simulate'))?.code ?? '';
  const argv = command.trim().split(' ').slice(1);
  const { status, stdout } = await call(argv, { cwd: directory });
  expect(status).toBe(0);
  expect(stdout).toContain('role edge, 1 to 8 nodes, load 20 to 500');
  expect(readFileSync(join(directory, 'out.svg'), 'utf8')).toContain('</svg>');
});

test('every example that is marked to run is run here', () => {
  const names = marked('run').map(({ what }) => what);
  const run = [
    'api-client.mjs',
    'cloud-node.mjs',
    'embedded.mts',
    'hello-node.mjs',
    'misspelt-node.mjs',
    'preview-node.mjs',
    'producer.mjs',
    'producer.py',
    'webhook-receiver.go',
    'webhook-receiver.mjs',
    'webhook-receiver.py',
  ];
  expect(names.sort()).toEqual(run);
});

/** The example as a file. What it imports of nodeyard comes from the sources, because tests run without a build. */
function written(name: string): string {
  const block = marked('run').find(({ what }) => what === name);
  if (block === undefined) throw new Error(`no document has the example ${name}`);
  const source = (path: string): string => `'${new URL(`../../${path}`, import.meta.url).href}'`;
  const path = join(directory, name);
  const code = block.code
    .replace("'nodeyard/stacks'", source('stacks/define.ts'))
    .replace("'nodeyard/api-client'", source('src/remote/index.ts'))
    .replace("'nodeyard'", source('src/index.ts'));
  writeFileSync(path, code);
  return path;
}

test('the front page shows the smallest stack as it is', () => {
  const whole = marked('run').find(({ what }) => what === 'hello-node.mjs')?.code;
  const shown = page('README.md').blocks.find(({ code }) => code.includes('defineNodeStack'))?.code;
  expect(shown).toContain('hello-node');
  expect(whole).toContain(shown);
});

test('the preview node is synthesized with its machine, its name in DNS and its tags', async () => {
  const catalog = await loadCatalog([written('preview-node.mjs')]);
  const inputs = {
    region: 'eu-central-1',
    ami: 'ami-0123456789abcdef0',
    dnsZoneId: 'Z0123456789',
    domain: 'preview.example.com',
    userData: 'echo ${HOME}',
  };
  const { configuration, providers } = synthesize(catalog.get('preview-node'), [
    { fleet: 'f', nodeId: 'p1', group: 'g', role: 'r', tags: { team: 'web' }, inputs, localDir: '/nodes/p1' },
  ]);
  expect(Object.keys(providers)).toEqual(['aws']);
  const { resource } = JSON.parse(configuration) as {
    resource: Record<'aws_instance' | 'aws_route53_record', Record<string, object>>;
  };
  expect(Object.values(resource.aws_instance)).toEqual([
    expect.objectContaining({
      instance_type: 't4g.small',
      user_data: 'echo $${HOME}',
      tags: expect.objectContaining({
        team: 'web',
        'nodeyard:node-id': 'p1',
        'nodeyard:stack': 'preview-node',
      }),
    }),
  ]);
  expect(Object.values(resource.aws_route53_record)).toEqual([
    expect.objectContaining({ name: 'p1.preview.example.com', zone_id: 'Z0123456789', type: 'A' }),
  ]);
});

test('the inventory of a cloud asks by the exact marks, and destroys exactly what it is told', async () => {
  const asked: string[] = [];
  const cloud = createHttpServer(({ method, url, headers }, response) => {
    asked.push(`${method} ${decodeURIComponent(url ?? '')} ${headers.authorization}`);
    const server = { id: 's-1', tags: { 'nodeyard:node-id': 'n1' }, created: '2026-01-01T00:00:00Z' };
    response.statusCode = method === 'DELETE' ? 404 : 200;
    response.end(JSON.stringify([server]));
  });
  await once(cloud.listen(0, '127.0.0.1'), 'listening');
  try {
    const { inventory } = (await loadCatalog([written('cloud-node.mjs')])).get('cloud-node');
    const { port } = cloud.address() as AddressInfo;
    const env = { CLOUD_API: `http://127.0.0.1:${port}`, CLOUD_TOKEN: 'secret' };
    const context = { fleet: 'f1', dataDir: '/d', nodes: '/d/nodes', env };
    const opened = await inventory?.open(String(inventory.place({ region: 'north' })), context, {});
    const [item] = (await opened?.list({ nodeId: 'n1' })) ?? [];
    expect(item).toMatchObject({ nodeId: 'n1', kind: 'server', id: 's-1', vital: true });
    if (item !== undefined) await opened?.destroy(item);
    expect(asked).toEqual([
      'GET /servers?region=north&nodeyard:fleet=f1&nodeyard:node-id=n1 Bearer secret',
      'DELETE /servers/s-1 Bearer secret',
    ]);
  } finally {
    cloud.close();
  }
});

test('the misspelt stack of the guide fails in plan, and its rehearsal in the words that are shown', async () => {
  const module = written('misspelt-node.mjs');
  const args = ['--stack-module', module, '--stack', 'misspelt-node', '--input', 'region=eu-central-1'];
  const entry = ['--import', 'tsx', join(ROOT, 'test/simcloud/rehearse.ts')];
  const { PATH, HOME } = process.env;
  const failed: unknown = await run(process.execPath, [...entry, ...args, '--nodes', '1'], {
    cwd: ROOT,
    env: { PATH, HOME, TMPDIR: directory, ...TERRAFORM_SETTINGS },
    timeout: CHILD_TIMEOUT_MS,
  }).catch((error: unknown) => error);
  const { code, stdout } = failed as { code: number; stdout: string };
  expect(code).toBe(1);
  const shown = page('docs/rehearsal.md').blocks.find(({ language }) => language === 'console')?.code ?? '';
  for (const words of shown
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split('…'))) {
    expect(stdout).toContain(words.trim());
  }
  expect(stdout).not.toContain('RunInstances');
});

describe('a receiver of webhooks', () => {
  const hasGo = spawnSync('go', ['version']).status === 0;
  const RECEIVERS: readonly (readonly [name: string, ...command: string[]])[] = [
    ['webhook-receiver.mjs', process.execPath],
    ['webhook-receiver.py', 'python3'],
    ['webhook-receiver.go', 'go', 'run'],
  ];
  const body = JSON.stringify({ v: 1, type: 'node.transition', data: { nodeId: 'n1', to: 'CREATED' } });

  test.each(RECEIVERS.filter(([name]) => hasGo || !name.endsWith('.go')))(
    'in %s takes what is genuine, once, and nothing else',
    async (name, command = '', ...words) => {
      const secret = newSecret();
      const port = await freePort();
      const child = spawn(command, [...words, written(name)], {
        env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port), GOCACHE: join(directory, 'go') },
        stdio: ['ignore', 'pipe', 'ignore'],
        // `go run` has a child of its own, which must end with it.
        detached: true,
      });
      const ended = once(child, 'exit');
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const post = async (headers: Readonly<Record<string, string>>, text = body): Promise<number> => {
        const url = `http://127.0.0.1:${port}/`;
        const answer = await fetch(url, { method: 'POST', headers, body: text });
        return answer.status;
      };
      const signed = (id: string, at: number = Date.now(), by: string = secret) =>
        signatureHeaders(by, { id, body, at });
      try {
        const begun = () => post({}).catch(() => undefined);
        await expect.poll(begun, { timeout: CHILD_TIMEOUT_MS }).toBe(401);
        expect(await post(signed('m1'))).toBe(204);
        expect(await post(signed('m1'))).toBe(204);
        const both = signed('m2');
        const rotated = `v1,${'A'.repeat(43)}= ${both['webhook-signature']}`;
        expect(await post({ ...both, 'webhook-signature': rotated })).toBe(204);
        await expect.poll(() => said).toBe('node.transition n1 CREATED\n'.repeat(2));

        expect(await post(signed('m3', Date.now(), newSecret()))).toBe(401);
        expect(await post(signed('m3', Date.now() - 600_000))).toBe(401);
        expect(await post(signed('m3', Date.now() + 600_000))).toBe(401);
        expect(await post(signed('m3'), body.replace('n1', 'n2'))).toBe(401);
        expect(await post({ ...signed('m3'), 'webhook-id': 'm4' })).toBe(401);
        expect(await post({ ...signed('m3'), 'webhook-timestamp': 'now' })).toBe(401);
        expect(await post({ ...signed('m3'), 'webhook-signature': '' })).toBe(401);
        expect(said).toBe('node.transition n1 CREATED\n'.repeat(2));
      } finally {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
        await ended;
      }
    },
    2 * CHILD_TIMEOUT_MS,
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('with a worker', () => {
  let opened: Yard | undefined;
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  async function startYard(settings: Readonly<Record<string, string>> = {}): Promise<Yard> {
    opened = await Yard.open(settings);
    await opened.startWorker();
    return opened;
  }

  /** Nodes were made, all of them are destroyed, and no process is left. */
  async function expectAllDestroyed({ app, dataDir }: Yard): Promise<void> {
    const { nodes } = await app.store.list({});
    expect(nodes.map(({ state }) => state)).toEqual(['DESTROYED']);
    await expect.poll(() => processesOf(dataDir)).toEqual([]);
  }

  test('the smallest stack makes a node, whatever its input says', async () => {
    const yard = await startYard({ NODEYARD_STACKS: written('hello-node.mjs') });
    const greeting = '${file("/etc/passwd")} %{ if true }hi';
    const request = { group: 'g', role: 'r', stack: 'hello-node', inputs: { greeting } };
    const { node } = await yard.app.client.requestNode(request);
    const { outputs } = await yard.reaches(node.id, 'CREATED');
    expect(outputs).toEqual({ text: `${greeting} from ${node.id}` });
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });

  test('the Node producer makes a node, calls it and destroys it', async () => {
    const yard = await startYard();
    const { stdout, stderr } = await run(process.execPath, [written('producer.mjs')], {
      env: { PATH: process.env['PATH'], REDIS_URL: yard.redis.socket },
      timeout: CHILD_TIMEOUT_MS,
    });
    const [created, health, destroyed] = linesOf(stdout);
    expect(created).toMatchObject({ state: 'CREATED', outputs: { address: expect.any(String) } });
    expect(health).toMatchObject({ status: 'ok', nodeId: created?.['nodeId'], message: 'hello' });
    expect(destroyed).toMatchObject({ state: 'DESTROYED', nodeId: created?.['nodeId'] });
    expect(stderr).toContain('applying');
    await expectAllDestroyed(yard);
  });

  test.skipIf(!hasPythonBullmq)('the Python producer makes a node and destroys it', async () => {
    const yard = await startYard();
    const { PATH, PYTHONPATH } = process.env;
    const { stdout } = await run('python3', [written('producer.py')], {
      env: { PATH, PYTHONPATH, REDIS_URL: `unix://${yard.redis.socket}` },
      timeout: CHILD_TIMEOUT_MS,
    });
    const [created, destroyed] = linesOf(stdout);
    expect(created).toMatchObject({ state: 'CREATED', outputs: { address: expect.any(String) } });
    expect(destroyed).toMatchObject({ state: 'DESTROYED', nodeId: created?.['nodeId'] });
    await expectAllDestroyed(yard);
  });

  test('the client of the API makes a node, hears of it, lists it and destroys it', async () => {
    const yard = await startYard({ NODEYARD_API_LISTEN: '127.0.0.1:0' });
    const api = await startApi(yard.app);
    try {
      const { token } = await yard.app.tokens.create({ name: 'example', scope: 'operator' });
      const { stdout } = await run(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), written('api-client.mjs')],
        {
          env: { PATH: process.env['PATH'], NODEYARD_API_URL: api.url, NODEYARD_API_TOKEN: token },
          timeout: CHILD_TIMEOUT_MS,
        },
      );
      const lines = stdout.trim().split('\n');
      expect(lines).toEqual([
        'REQUESTED',
        'CREATING',
        'CREATED',
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        '404 UNKNOWN_NODE true',
      ]);
      const [node] = (await yard.app.store.list({})).nodes;
      await yard.reaches(node?.id ?? '', 'DESTROYED');
    } finally {
      await api.close();
    }
    await expectAllDestroyed(yard);
  });

  test('the embedded client makes a node and destroys it', async () => {
    const yard = await startYard();
    const tsx = import.meta.resolve('tsx');
    const { stdout } = await run(process.execPath, ['--import', tsx, written('embedded.mts')], {
      cwd: yard.dataDir,
      env: { ...yard.env },
      timeout: CHILD_TIMEOUT_MS,
    });
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^CREATED http:\/\/127\.0\.0\.1:\d+$/),
      'DESTROYED',
    ]);
    await expectAllDestroyed(yard);
  });

  test('the rights that the guide for operators gives a Redis user are enough', async () => {
    const yard = await startYard();
    const rights = page('docs/operations.md')
      .blocks.flatMap(({ code }) => code.split('\n'))
      .find((line) => line.startsWith('user nodeyard '))
      ?.split(' ')
      .filter((word) => /^[~+-]/.test(word));
    expect(rights).toContain('~{nodeyard}:*');
    const admin = new Redis(yard.redis.socket);
    await admin.acl('SETUSER', 'admin', 'on', 'nopass', '~*', '&*', '+@all');
    await admin.auth('admin', 'any');
    try {
      await admin.acl('SETUSER', 'default', 'resetkeys', 'resetchannels', '-@all', ...(rights ?? []));
      const job = await yard.plainQueue('create').add('create', {
        v: 1,
        node: { id: 'acl-1', group: 'g', role: 'r', stack: 'local-node' },
      });
      expect(job.id).toBeDefined();
      await expect
        .poll(() => yard.app.store.get('acl-1'), { timeout: 30_000 })
        .toMatchObject({ state: 'CREATED' });
      await yard.app.client.requestDestruction('acl-1');
      await yard.reaches('acl-1', 'DESTROYED');
      await expect(yard.app.redis.keys('*')).rejects.toThrow('NOPERM');
    } finally {
      await admin.acl('SETUSER', 'default', '~*', '&*', '+@all');
      admin.disconnect();
    }
  });
});

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
