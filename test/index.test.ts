/** The package as another program uses it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, NODE_STATES, NodeyardError, startWorker } from '../src/index.js';
import { silentLog } from '../src/log.js';
import { Yard } from './support/yard.js';

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
});
afterEach(() => yard.close());

const options = () => ({ config: yard.config, env: yard.env, log: silentLog });

describe('the package', () => {
  it('lets a producer ask for a node and a worker inside another process make it', async () => {
    const worker = await startWorker(options());
    const producer = await connect(options());
    const { node } = await producer.client.requestNode({ group: 'g', role: 'r', stack: 'local-node' });
    const created = await producer.client.waitFor(node.id, ['CREATED'], { timeoutMs: 60_000 });
    expect(created.outputs).toMatchObject({ address: expect.stringMatching(/^http/) });
    await producer.client.requestDestruction(node.id);
    const destroyed = await producer.client.waitFor(node.id, ['DESTROYED'], { timeoutMs: 60_000 });
    expect(destroyed.state).toBe('DESTROYED');
    await producer.close();
    await Promise.all([worker.stop(), worker.stop()]);
  });

  it('tells a producer at once that there is no Redis', async () => {
    const config = { ...yard.config, redisUrl: '/nonexistent/redis.sock' };
    await expect(connect({ ...options(), config })).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  });

  it('leaves no connection behind when a worker cannot start', async () => {
    const config = {
      ...yard.config,
      terraform: { ...yard.config.terraform, binary: '/nonexistent/terraform' },
    };
    const before = await clients();
    await expect(startWorker({ ...options(), config })).rejects.toBeInstanceOf(NodeyardError);
    await expect.poll(clients).toBe(before);
  });

  it('has the states of the lifecycle', () => {
    expect(NODE_STATES).toContain('DESTROYED');
  });
});

const clients = async (): Promise<number> => {
  const list = await yard.app.redis.client('LIST');
  return String(list).trim().split('\n').length;
};
