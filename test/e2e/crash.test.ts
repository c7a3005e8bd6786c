/** Workers that die, freeze and meet one another; a Redis that goes away. Nothing may leak, nothing may run twice. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NodeRequest } from '../../src/node/request.js';
import { type LedgerEntry, Yard } from '../support/yard.js';

let yard: Yard;
afterEach(async () => {
  await yard.close();
});

const scripted = (inputs: NodeRequest['inputs'] = {}): NodeRequest => ({
  group: 'g',
  role: 'edge',
  stack: 'scripted',
  inputs: { ledger: yard.ledgerFile, ...inputs },
});

const began = (resource: string) =>
  yard.ledger().filter((entry) => entry.resource === resource && entry.mark === 'begin');

async function destroyed(...nodeIds: string[]): Promise<void> {
  for (const nodeId of nodeIds) await yard.app.client.requestDestruction(nodeId);
  for (const nodeId of nodeIds) await yard.reaches(nodeId, 'DESTROYED');
}

/** Two Terraforms at once on one node show in the ledger as one that begins something before the other’s last end. */
function overlapping(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const last = new Map<string, Map<number, number>>();
  ledger.forEach((entry, index) => {
    const ofNode = last.get(entry.node) ?? new Map<number, number>();
    last.set(entry.node, ofNode.set(entry.terraform, index));
  });
  return ledger.filter((entry, index) => {
    if (entry.mark !== 'begin') return false;
    const first = ledger.findIndex(
      (other) => other.node === entry.node && other.terraform === entry.terraform,
    );
    if (first !== index) return false;
    return [...(last.get(entry.node) ?? [])].some(([terraform, end]) => {
      const start = ledger.findIndex((other) => other.node === entry.node && other.terraform === terraform);
      return terraform !== entry.terraform && start < index && end > index;
    });
  });
}

describe('a worker that is killed', () => {
  beforeEach(async () => {
    yard = await Yard.open();
  });

  test('in the middle of an apply is followed by one that goes on from what was made', async () => {
    const gate = join(yard.dataDir, 'gate');
    const worker = await yard.spawnWorker();
    const { node } = await yard.app.client.requestNode(scripted({ create: [`wait:${gate}`] }));
    await expect.poll(() => began('r1').length, { timeout: 20_000 }).toBe(1);
    worker.signal('SIGKILL');
    await worker.exited();
    writeFileSync(gate, '');
    await yard.startWorker();
    const created = await yard.reaches(node.id, 'CREATED');
    expect(created.epoch).toBeGreaterThan(1);
    expect(began('r0')).toHaveLength(1);
    expect(overlapping(yard.ledger())).toEqual([]);
    await destroyed(node.id);
  });

  test('again and again still gets every node where it was going', async () => {
    const nodes = await Promise.all(
      Array.from({ length: 6 }, () =>
        yard.app.client.requestNode(scripted({ create: ['sleep:300'], resources: 4 })),
      ),
    );
    for (let kills = 0; kills < 4; kills += 1) {
      const worker = await yard.spawnWorker();
      const before = yard.ledger().length;
      await expect.poll(() => yard.ledger().length, { timeout: 20_000 }).toBeGreaterThan(before + 2);
      worker.signal('SIGKILL');
      await worker.exited();
    }
    await yard.startWorker();
    for (const { node } of nodes) await yard.reaches(node.id, 'CREATED');
    expect(overlapping(yard.ledger())).toEqual([]);
    await destroyed(...nodes.map(({ node }) => node.id));
  });

  test('in the middle of a destroy is followed by one that finishes it', async () => {
    const gate = join(yard.dataDir, 'gate');
    const worker = await yard.spawnWorker();
    const { node } = await yard.app.client.requestNode(scripted({ destroy: [`wait:${gate}`, 'ok'] }));
    await yard.reaches(node.id, 'CREATED');
    await yard.app.client.requestDestruction(node.id);
    await expect
      .poll(() => began('r1').filter(({ what }) => what === 'destroy').length, { timeout: 20_000 })
      .toBe(1);
    worker.signal('SIGKILL');
    await worker.exited();
    writeFileSync(gate, '');
    await yard.startWorker();
    await yard.reaches(node.id, 'DESTROYED');
    expect(overlapping(yard.ledger())).toEqual([]);
  });

  test('is recovered by another worker on the same machine without waiting for its lease', async () => {
    const gate = join(yard.dataDir, 'gate');
    const first = await yard.spawnWorker({ NODEYARD_WORKER_CREATES: '1' });
    const { node } = await yard.app.client.requestNode(scripted({ create: ['sleep:60000', `wait:${gate}`] }));
    await expect.poll(() => began('r1').length, { timeout: 20_000 }).toBe(1);
    await yard.startWorker();
    first.signal('SIGKILL');
    await first.exited();
    writeFileSync(gate, '');
    await yard.reaches(node.id, 'CREATED');
    await destroyed(node.id);
  });
});

describe('a worker that is frozen until its lease has ended', () => {
  test('changes nothing any more when it wakes: its state is quarantined and destroyed with the node', async () => {
    yard = await Yard.open({
      NODEYARD_LEASE_TTL: '4s',
      NODEYARD_LEASE_RENEW: '500ms',
      NODEYARD_LEASE_STOP_MARGIN: '1s',
      NODEYARD_QUEUE_LOCK: '3s',
      NODEYARD_QUEUE_STALLED: '1s',
    });
    const gate = join(yard.dataDir, 'gate');
    const frozen = await yard.spawnWorker({ NODEYARD_DATA_DIR: join(yard.dataDir, 'elsewhere') });
    const { node } = await yard.app.client.requestNode(scripted({ create: [`wait:${gate}`, 'ok'] }));
    await expect.poll(() => began('r1').length, { timeout: 20_000 }).toBe(1);
    frozen.signal('SIGSTOP');
    // The other worker has a data directory of its own, as on another machine: it knows of the first only by the store.
    await yard.startWorker();
    await expect.poll(async () => (await yard.app.client.get(node.id)).epoch, { timeout: 30_000 }).toBe(2);
    await yard.reaches(node.id, 'CREATED');
    writeFileSync(gate, '');
    frozen.signal('SIGCONT');
    await expect
      .poll(async () => (await yard.app.states.quarantined(node.id)).length, { timeout: 30_000 })
      .toBe(1);
    expect((await yard.app.client.get(node.id)).state).toBe('CREATED');
    await destroyed(node.id);
    // Both runs made r0 and r1; what the stale one made was destroyed as well.
    const ended = yard.ledger().filter(({ what, mark }) => what === 'destroy' && mark === 'end');
    expect(ended.map(({ resource }) => resource).sort()).toEqual(['r0', 'r0', 'r1', 'r1']);
  });
});

describe('a Redis that goes away', () => {
  test('for a while in the middle of applies loses nothing and doubles nothing', async () => {
    yard = await Yard.open();
    const gate = join(yard.dataDir, 'gate');
    await yard.startWorker();
    const nodes = await Promise.all(
      Array.from({ length: 3 }, () =>
        yard.app.client.requestNode(scripted({ create: [`wait:${gate}`], resources: 3 })),
      ),
    );
    await expect.poll(() => began('r1').length, { timeout: 20_000 }).toBe(3);
    await yard.redis.kill();
    writeFileSync(gate, '');
    // Terraform goes on without Redis and finishes.
    await expect
      .poll(() => yard.ledger().filter((e) => e.resource === 'r2' && e.mark === 'end').length, {
        timeout: 20_000,
      })
      .toBe(3);
    await yard.redis.restart();
    for (const { node } of nodes) await yard.reaches(node.id, 'CREATED');
    expect(began('r0')).toHaveLength(3);
    expect(began('r1')).toHaveLength(3);
    await destroyed(...nodes.map(({ node }) => node.id));
  });
});
