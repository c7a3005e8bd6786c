/** `nodeyard create`: asks for nodes, their inputs checked by their stack before anything is asked. */
import type { Command } from 'commander';
import { CREATED_STATES } from '../../node/lifecycle.js';
import type { NodeRequest } from '../../node/request.js';
import { gather, readCount, readDuration, readPairs, readTimeout } from '../arguments.js';
import { conclude, forEachNode, waitForAll } from '../bulk.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { remarkOnMost } from '../most-remark.js';
import { configOf, withApp } from '../opened.js';
import { applyInputs, readInputsFile } from '../stack-inputs.js';
import { teach } from '../teach.js';
import { remarkOnWorkers } from '../workers-seen.js';

interface CreateOptions {
  readonly stack: string;
  readonly group: string;
  readonly role: string;
  readonly id?: string;
  readonly input?: readonly string[];
  readonly inputs?: string;
  readonly tag?: readonly string[];
  readonly label?: readonly string[];
  readonly ttl?: string;
  readonly requestId?: string;
  readonly onFailure?: string;
  readonly count: string;
  readonly wait?: boolean;
  readonly timeout?: string;
}

const MOST = 1_000;

export function defineCreate(program: Command, act: Act): void {
  const command = program
    .command('create')
    .description('Ask for nodes. The answer comes at once; --wait waits until they are created.')
    .requiredOption('--stack <name>', 'what a node is made of; `nodeyard stacks` lists the names')
    .requiredOption('--group <name>', 'the group that the node belongs to')
    .requiredOption('--role <name>', 'what the node is for within its group')
    .option('--id <id>', 'the node’s id; made by nodeyard where absent')
    .option('--input <key=value>', 'an input of the stack, a.b=1 reaches inside; again for more', gather)
    .option('--inputs <file>', 'inputs from a JSON file, or from standard input for -')
    .option('--tag <key=value>', 'a tag for every resource that can bear it; again for more', gather)
    .option('--label <key=value>', 'a word of your own that nodeyard keeps; again for more', gather)
    .option('--ttl <duration>', 'when the node may be destroyed, counted from now: 2h, 7d')
    .option('--request-id <key>', 'the same key twice makes one node')
    .option('--on-failure <what>', 'resources of a create that failed for good: cleanup (default) or keep')
    .option('--count <n>', `so many nodes of the same kind, at most ${MOST}`, '1')
    .option('--wait', 'wait until every node is created or FAILED')
    .option('--timeout <duration>', 'wait at most so long: 90s, 10m')
    .action((options: CreateOptions) => act((call) => create(call, options)));
  teach(command, {
    examples: [
      ['nodeyard create --stack local-node --group try --role web --wait'],
      ['nodeyard create --stack aws-node --group media --role edge --inputs edge.json --ttl 2h --count 3'],
      ['echo \'{"port":8080}\' | nodeyard create --stack local-node --group try --role web --inputs -'],
    ],
    exits: ['redis', 'timeout', 'refused', 'interrupted', 'terminated'],
  });
}

async function create(call: Call, options: CreateOptions): Promise<ExitName> {
  const config = await configOf(call);
  const requests = await requestsOf(call, config.stacks, options);
  const timeoutMs = await readTimeout(options.timeout);
  return withApp(call, async (app) => {
    const made = new Set<string>();
    const byName = new Map(requests.map((request, index) => [request.id ?? `request ${index + 1}`, request]));
    const asked = await forEachNode([...byName.keys()], async (name) => {
      const request = byName.get(name);
      if (request === undefined) throw usageError(`there is no ${name}`);
      const { node, created } = await app.client.requestNode(request, { reason: 'nodeyard create' });
      if (created) made.add(node.id);
      return node;
    });
    await remarkOnWorkers(app, call.output, 'create');
    if (made.size > 0) await remarkOnMost(app, call.output, options);
    const created = { created: made.size };
    if (options.wait !== true) return conclude(call, asked, { more: created });
    const waited = await waitForAll(call, app, asked, { states: CREATED_STATES, timeoutMs });
    return conclude(call, waited, { goal: CREATED_STATES, more: created });
  });
}

/** Throws INVALID_INPUT and UNKNOWN_STACK, both with the field, before Redis is touched. */
async function requestsOf(
  { io }: Call,
  stackModules: readonly string[],
  options: CreateOptions,
): Promise<NodeRequest[]> {
  const count = readCount('--count', options.count, { min: 1, max: MOST });
  if (count > 1 && options.id !== undefined) {
    throw usageError('--id names one node: leave it out with --count', '--id');
  }
  const pairs = readPairs('--input', options.input);
  const base = options.inputs === undefined ? {} : await readInputsFile(options.inputs, io);
  const [{ loadCatalog }, { parseInputs }, { nodeRequestSchema }, { parseInput }] = await Promise.all([
    import('../../../stacks/catalog.js'),
    import('../../synth/inputs.js'),
    import('../../node/request.js'),
    import('../../node/problems.js'),
  ]);
  const catalog = await loadCatalog(stackModules);
  const stack = catalog.get(options.stack);
  const description = catalog.list().find(({ name }) => name === stack.name);
  const inputs = applyInputs(base, pairs, description?.inputs ?? {});
  const ttlMs = options.ttl === undefined ? undefined : await readDuration('--ttl', options.ttl);
  const request = {
    group: options.group,
    role: options.role,
    stack: options.stack,
    inputs,
    ...pairsOf('tags', '--tag', options.tag),
    ...pairsOf('labels', '--label', options.label),
    ...(ttlMs === undefined ? {} : { ttl: Math.round(ttlMs / 1_000) }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
  };
  const requests = Array.from({ length: count }, (_, index) => ({
    ...request,
    ...(options.id === undefined ? {} : { id: options.id }),
    ...requestId(options.requestId, count, index),
  })).map((each) => parseInput(nodeRequestSchema, each));
  parseInputs(stack, inputs);
  return requests;
}

const pairsOf = (field: 'tags' | 'labels', option: string, texts: readonly string[] | undefined) =>
  texts === undefined ? {} : { [field]: Object.fromEntries(readPairs(option, texts)) };

/** One key makes one node, so several nodes get keys of their own that are the same the next time. */
const requestId = (key: string | undefined, count: number, index: number) =>
  key === undefined ? {} : { requestId: count === 1 ? key : `${key}-${index + 1}` };
