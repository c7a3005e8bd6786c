/**
 * Whatever the document says can be sent, and much that it does not: no answer is a 5xx, none is missing, each has a status that
 * the document knows, and every success has the shape that it promises. Reads the document of the running server, so that a new
 * route is tried without a line here. FUZZ_RUNS=1000 tries harder,
 * FUZZ_SHOW=1 tells how often each status was met, FUZZ_SHOW=listNodes every request of that operation.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { groupConfigSchema } from '../../src/groups/config.js';
import { nodeAt } from '../store/support.js';
import {
  type Document,
  type FuzzRequest,
  type Operation,
  operationsOf,
  requestsOf,
} from './fuzz-requests.js';
import type { JsonSchema, Vocabulary } from './fuzz-values.js';
import { YardApi } from './yard-api.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100);
/** As long as nothing has succeeded. */
const ROUNDS = 10;
const PATIENCE_MS = 600_000;

const KNOWN: Vocabulary['known'] = {
  name: ['create', 'local-node', 'media'],
  runId: ['run1'],
  place: ['canonical', 'version-1'],
  commandId: ['1', '2'],
  stack: ['local-node'],
  group: ['media', 'web'],
  role: ['edge'],
  roles: [{ edge: { max: 3 } }],
  inputs: [{}, { message: 'hi' }],
  cursor: ['3', '0-1'],
  // Nobody listens there, which is known at once.
  url: ['http://127.0.0.1:1024/hook'],
};

let yard: YardApi;
let document: Document;
beforeAll(async () => {
  yard = await YardApi.open({
    NODEYARD_API_BODY_LIMIT: '256KiB',
    NODEYARD_API_REQUEST_TIMEOUT: '10s',
    // A poll for commands never waits for long.
    NODEYARD_COMMANDS_VISIBILITY: '100ms',
    NODEYARD_WEBHOOKS_ALLOW_HTTP: 'on',
    NODEYARD_WEBHOOKS_ALLOW_PRIVATE: '127.0.0.1',
  });
  document = (await yard.ask('/openapi.json')).body as unknown as Document;
});
afterAll(() => yard.close());

/** Nodes and a webhook that an operation may do something with, and the words of its requests. */
async function prepare(operation: string): Promise<Vocabulary> {
  const nodes = await Promise.all(
    (['INSERVICE', 'FAILED create', 'REQUESTED'] as const).map((standing, index) =>
      nodeAt(yard.app.store, standing, { id: `${operation}-${index}` }),
    ),
  );
  const document_ = Buffer.from('{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[]}');
  const logs = join(yard.app.directories.logs, `${operation}-0`);
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, '000001-create-run1.jsonl'), '{"@message":"one"}\ntwo\n');
  await yard.app.states.save(`${operation}-0`, { epoch: 1, sequence: 1, document: document_ });
  await yard.app.commands.ask(`${operation}-0`, { name: 'Ping', ttlMs: 3_600_000 }, { actor: 'operator' });
  // What an earlier operation has deleted takes no change any more.
  await yard.app.groups.delete('media');
  await yard.app.groups.remove('media');
  await yard.app.groups.put(
    groupConfigSchema.parse({ name: 'media', stack: 'local-node', roles: { edge: { max: 3 } } }),
  );
  const { webhooks } = yard.app;
  // There may be only so many of them.
  for (const { id } of await webhooks.list()) await webhooks.remove(id);
  const { webhook } = await webhooks.add({ url: String(KNOWN['url']?.[0]) }, { createdBy: 'fuzz' });
  return {
    schemas: document.components.schemas,
    known: { ...KNOWN, id: [...nodes.map(({ id }) => id), 'nobody', webhook.id] },
  };
}

/** What a node calls takes the token of that node. */
async function bearerFor({ operationId, tags }: Operation): Promise<string> {
  if (!tags.includes('node')) return yard.tokens.admin;
  return yard.app.nodeTokens.tokenOf(await yard.app.client.get(`${operationId}-0`));
}

/** It answers for as long as anybody listens. */
const isEndless = ({ responses }: Operation): boolean =>
  responses['200']?.content?.['text/event-stream'] !== undefined;

/** A schema of the document with everything that it refers to. */
function readerOf(schema: JsonSchema): z.ZodType {
  const whole = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')));
}

class Trial {
  readonly statuses = new Map<number, number>();
  readonly #operation: Operation;
  readonly #bearer: string;
  readonly #readers = new Map<number, z.ZodType>();

  constructor(operation: Operation, bearer: string) {
    this.#operation = operation;
    this.#bearer = bearer;
  }

  get hasSucceeded(): boolean {
    return [...this.statuses.keys()].some((status) => status < 300);
  }

  async try({ url, headers, body }: FuzzRequest): Promise<void> {
    const { method, responses } = this.#operation;
    const answer = await yard.api.server.inject({
      method: method as 'GET',
      url,
      headers: { ...headers, authorization: `Bearer ${this.#bearer}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    const status = answer.statusCode;
    const about = `${method} ${url} ${body?.slice(0, 300)}: ${status} ${answer.body.slice(0, 300)}`;
    if (process.env['FUZZ_SHOW'] === this.#operation.operationId) process.stderr.write(`${about}\n`);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    expect(status, about).toBeLessThan(500);
    // An odd part of a path may make it another path.
    if (status !== 404 && status !== 405) expect(Object.keys(responses), about).toContain(String(status));
    if (status < 300) expect(this.#problems(status, answer.json()), about).toEqual([]);
    else
      expect(answer.json(), about).toMatchObject({
        error: { code: expect.any(String), requestId: expect.any(String) },
      });
  }

  #problems(status: number, body: unknown): readonly unknown[] {
    const schema = this.#operation.responses[String(status)]?.content?.['application/json']?.schema ?? {};
    const reader = this.#readers.get(status) ?? readerOf(schema);
    this.#readers.set(status, reader);
    return reader.safeParse(body).error?.issues ?? [];
  }
}

describe('every route of the document', () => {
  test(
    'takes what it says can be sent, and everything else, without failing',
    async () => {
      const operations = operationsOf(document).filter((operation) => !isEndless(operation));
      expect(operations.length).toBeGreaterThan(20);
      const seen: Record<string, Record<string, number>> = {};
      for (const operation of operations) {
        const words = await prepare(operation.operationId);
        const trial = new Trial(operation, await bearerFor(operation));
        // Some need several words to be right at once, which chance does not give every time.
        for (let round = 0; round < ROUNDS && !trial.hasSucceeded; round += 1)
          await fc.assert(
            fc.asyncProperty(requestsOf(operation, words), (request) => trial.try(request)),
            { numRuns: RUNS },
          );
        seen[operation.operationId] = Object.fromEntries(trial.statuses);
      }
      if (process.env['FUZZ_SHOW'] !== undefined)
        process.stderr.write(`${inspect(seen, { breakLength: 120 })}
`);
      // A fuzzer that never gets past the first check tries nothing.
      const never = Object.entries(seen).filter(
        ([, statuses]) => !Object.keys(statuses).some((status) => Number(status) < 300),
      );
      expect(never).toEqual([]);
    },
    PATIENCE_MS,
  );

  test('would be found out if it promised another shape', () => {
    const schema = operationsOf(document).find(({ operationId }) => operationId === 'getNode')?.responses[
      '200'
    ];
    const reader = readerOf(schema?.content?.['application/json']?.schema ?? {});
    expect(reader.safeParse({ node: { id: 7 } }).success).toBe(false);
  });
});

describe('a path', () => {
  const TRICKS = [
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%5c',
    ';',
    '%00',
    '%0d%0a',
    '//',
    '@',
    ':id',
    '*',
    '?',
    '#',
    '%',
    '\\',
    '{id}',
    '%F0%9F%98%80',
    '\u0000',
    '\x7f',
  ];
  const PLACES = ['v1', 'nodes', 'docs', 'static', 'openapi.json', 'states', 'nobody', 'canonical'];
  const pieces = fc.array(fc.oneof(fc.constantFrom(...PLACES, ...TRICKS), fc.webFragments()), {
    maxLength: 7,
  });
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'TRACE');

  test(
    'of any make is answered over the wire, and never by a 5xx',
    async () => {
      const property = fc.asyncProperty(pieces, methods, async (parts, method) => {
        const line = `${method} /${parts.join('/')} HTTP/1.1`;
        const answer = await yard.raw(
          `${line}\r\nhost: x\r\nauthorization: Bearer ${yard.tokens.admin}\r\nconnection: close\r\n\r\n`,
        );
        expect(answer, line).toMatch(/^HTTP\/1\.1 [234]\d\d /);
      });
      await fc.assert(property, { numRuns: RUNS * 5 });
    },
    PATIENCE_MS,
  );
});
