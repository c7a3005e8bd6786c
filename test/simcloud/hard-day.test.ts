/**
 * Everything at once, through queue, worker, Terraform, provider and SDK: answers that are lost, a provider that dies between effect and
 * answer, every tenth call throttled, a security group that cannot be deleted. UNDELETABLE_SECONDS=300 makes that last for five minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Yard } from '../support/yard.js';
import { Account, requestNode, SDK_RETRIES } from './account.js';
import { createMirror } from './mirror.js';

const UNDELETABLE_MS = Number(process.env['UNDELETABLE_SECONDS'] ?? 8) * 1_000;
const PATIENCE_MS = UNDELETABLE_MS + 100_000;
const NODES = 4;

let mirror: string;
let account: Account;
let yard: Yard;
beforeEach(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'ny-mirror-'));
  await createMirror(mirror);
  account = await Account.open(mirror);
  yard = await account.yard({ NODEYARD_RETRY_CREATE_ATTEMPTS: '100', NODEYARD_RETRY_BACKOFF: '200ms' });
});
afterEach(async () => {
  await yard.close();
  await account.close();
  rmSync(mirror, { recursive: true, force: true });
});

test('on a hard day every node gets its one machine, and in the end nothing exists', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const { cloud } = account.started;
  cloud.inject([
    { call: 'RunInstances', nth: 1, fault: 'crash-after' },
    { call: 'RunInstances', nth: 3, fault: 'cut-after' },
    { call: 'CreateSecurityGroup', nth: 2, times: SDK_RETRIES + 1, fault: 'cut-after' },
    { call: '*', every: 10, fault: 'throttled' },
    { call: 'DeleteSecurityGroup', forMs: UNDELETABLE_MS, fault: 'in-use' },
  ]);
  await yard.startWorker();
  const ids = await Promise.all(
    Array.from({ length: NODES }, () => requestNode(yard, { securityGroup: {}, elasticIp: true })),
  );
  const states = async () =>
    Promise.all(
      ids.map(async (id) => {
        const { state, failure } = await yard.app.client.get(id);
        return failure === undefined ? state : `${state} ${failure.message}`;
      }),
    );
  const all = (state: string) => Array.from(ids, () => state);
  await expect.poll(states, { timeout: PATIENCE_MS, interval: 250 }).toEqual(all('CREATED'));
  for (const id of ids) expect(account.of(id, 'instance'), id).toHaveLength(1);
  expect(cloud.unowned(ids)).toEqual([]);

  for (const id of ids) await yard.app.client.requestDestruction(id);
  await expect.poll(states, { timeout: PATIENCE_MS, interval: 250 }).toEqual(all('DESTROYED'));
  await expect
    .poll(() => cloud.resources().map(({ kind, id }) => `${kind} ${id}`), { timeout: 20_000 })
    .toEqual([]);
});
