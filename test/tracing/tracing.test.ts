/** Traces of a real worker, with real Terraform, as a collector gets them. */
import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { Queue } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUEUE_NAMES, QUEUE_PREFIX } from '../../src/queue/names.js';
import { Yard } from '../support/yard.js';
import { type CollectedSpan, type Collector, startCollector } from './collector.js';

let collector: Collector;
let yard: Yard;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await yard.close();
  await collector.close();
});

async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  yard = await Yard.open({ NODEYARD_TRACING_ENDPOINT: collector.url, ...settings });
  await yard.startWorker();
}

/** Ends the worker, and sends everything. */
async function sent(): Promise<readonly CollectedSpan[]> {
  await yard.stopWorker();
  await yard.app.tracing.close();
  return collector.spans;
}

/** The names of the spans from the first of the trace to this one. */
function wayTo(spans: readonly CollectedSpan[], span: CollectedSpan): readonly string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parent);
  return [...(parent === undefined ? [] : wayTo(spans, parent)), span.name];
}

const SECRET = 'a-word-in-the-inputs';
const TOLD = /^(nodeyard\.[a-z._]+|bullmq\.(queue\.(name|operation)|job\.(id|name|attempts\.made)))$/;

describe('a node that is asked for', () => {
  test('is one trace from its request over its job to its run, and so is its destruction', async () => {
    await open({ NODEYARD_TRACING_SERVICE_NAME: 'yard-of-the-test' });
    const { node } = await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
    await yard.reaches(node.id, 'CREATED');
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
    const spans = await sent();

    const ways = (operation: string) => {
      const root = spans.find(
        ({ name, attributes }) =>
          name === 'nodeyard.request' && attributes['nodeyard.operation'] === operation,
      );
      const own = spans.filter(({ traceId }) => traceId === root?.traceId);
      expect(own.every(({ service }) => service === 'yard-of-the-test')).toBe(true);
      return { own, ways: own.map((span) => wayTo(spans, span).join(' > ')) };
    };
    for (const operation of ['create', 'destroy']) {
      const { own, ways: told } = ways(operation);
      const job = [
        `nodeyard.request`,
        `add nodeyard-${operation}.${operation}`,
        `process nodeyard-${operation}`,
      ];
      const toOperation = [...job, 'nodeyard.operation'].join(' > ');
      expect(told).toEqual(
        expect.arrayContaining([
          'nodeyard.request',
          job.slice(0, 2).join(' > '),
          job.join(' > '),
          toOperation,
          `${toOperation} > nodeyard.synthesize`,
          `${toOperation} > nodeyard.run`,
          `${toOperation} > nodeyard.run > nodeyard.terraform`,
          `${toOperation} > nodeyard.run > nodeyard.harvest`,
        ]),
      );
      const of = (name: string) => own.find((span) => span.name === name)?.attributes;
      const facts = {
        'nodeyard.node.id': node.id,
        'nodeyard.operation': operation,
        'nodeyard.stack': node.stack,
        'nodeyard.epoch': operation === 'create' ? 1 : 2,
      };
      expect(of('nodeyard.operation')).toMatchObject({ ...facts, 'nodeyard.outcome': 'done' });
      expect(of('nodeyard.terraform')).toMatchObject({
        ...facts,
        'nodeyard.terraform.exit_code': 0,
        'nodeyard.terraform.command': operation === 'create' ? 'apply' : 'destroy',
      });
      expect(of('nodeyard.harvest')).toMatchObject({ ...facts, 'nodeyard.state.stored': true });
      expect(own.filter(({ status }) => status === 2)).toEqual([]);
    }
    // No span stands alone: an idle worker says nothing.
    const roots = spans.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    expect(roots).toEqual(['nodeyard.request', 'nodeyard.request']);
  });

  test('that fails says by which code, with nothing of its inputs, its outputs or what the cloud said', async () => {
    await open({ NODEYARD_RETRY_CREATE_ATTEMPTS: '2' });
    const { node } = await yard.app.client.requestNode({
      group: 'g',
      role: 'r',
      stack: 'scripted',
      inputs: { ledger: yard.ledgerFile, create: [`fail:connection reset by ${SECRET}`] },
    });
    const { failure } = await yard.reaches(node.id, 'FAILED');
    const spans = await sent();
    const runs = spans.filter(({ name }) => name === 'nodeyard.run');
    expect(runs[0]).toMatchObject({ status: 2, attributes: { 'nodeyard.code': failure?.code } });
    const operations = spans.filter(({ name }) => name === 'nodeyard.operation');
    expect(operations.map(({ attributes }) => attributes['nodeyard.outcome'])).toEqual([
      'postponed',
      'failed',
    ]);
    // What is tried again stays in its trace.
    expect(new Set(operations.map(({ traceId }) => traceId)).size).toBe(1);
    expect(collector.text).not.toContain(SECRET);
    expect(collector.text).not.toContain(yard.ledgerFile);
    const keys = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...keys].filter((key) => !TOLD.test(key))).toEqual([]);
    await yard.startWorker();
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
  });
});

describe('the collector', () => {
  test('that is away keeps nothing from being done, nor the end of the process', async () => {
    await open({ NODEYARD_TRACING_ENDPOINT: 'http://127.0.0.1:9' });
    const { node } = await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
    await yard.reaches(node.id, 'CREATED');
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
    expect(await sent()).toEqual([]);
  });

  test('gets nothing of the traces that are not kept', async () => {
    await open({ NODEYARD_TRACING_SAMPLE: '0' });
    const { node } = await yard.app.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
    await yard.reaches(node.id, 'CREATED');
    await yard.app.client.requestDestruction(node.id);
    await yard.reaches(node.id, 'DESTROYED');
    expect(await sent()).toEqual([]);
  });
});

describe('a job of another producer', () => {
  /** As any program would: without a line of nodeyard. */
  async function addedBy(telemetry: BullMQOtel | undefined, opts: object = {}): Promise<void> {
    const connection = new Redis(yard.redis.socket, { maxRetriesPerRequest: null });
    const queue = new Queue(QUEUE_NAMES.create, {
      connection,
      prefix: QUEUE_PREFIX,
      ...(telemetry === undefined ? {} : { telemetry }),
    });
    const request = { id: 'theirs', group: 'g', role: 'r', stack: 'local-node' };
    await queue.add('create', { v: 1, node: request }, opts);
    await queue.close();
    connection.disconnect();
  }
  const ended = async (): Promise<readonly CollectedSpan[]> => {
    await expect.poll(async () => (await yard.app.store.get('theirs'))?.state).toBe('CREATED');
    await yard.app.client.requestDestruction('theirs');
    await yard.reaches('theirs', 'DESTROYED');
    return sent();
  };
  const jobIn = (spans: readonly CollectedSpan[]) =>
    spans.find(({ name }) => name === 'process nodeyard-create');

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another form', '{"traceparent":{"a":1}}'],
    ['no trace', '{"traceparent":"00-00000000000000000000000000000000-0000000000000000-01"}'],
  ])('with a trace that is %s is worked on like any other', async (_, metadata) => {
    await open();
    await addedBy(undefined, { telemetry: { metadata } });
    expect(jobIn(await ended())?.parent).toBeUndefined();
  });

  test('that traces with bullmq-otel goes on with the trace of that producer; we ourselves register nothing', async () => {
    await open();
    expect(trace.getTracer('anybody').startSpan('a span').isRecording()).toBe(false);
    const provider = new NodeTracerProvider();
    provider.register();
    let traceId = '';
    await provider.getTracer('theirs').startActiveSpan('their work', async (span) => {
      traceId = span.spanContext().traceId;
      await addedBy(new BullMQOtel());
      span.end();
    });
    expect(jobIn(await ended())?.traceId).toBe(traceId);
    trace.disable();
    await provider.shutdown();
  });
});
