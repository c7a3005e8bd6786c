import { expect, test } from 'vitest';
import type { NodeEvent } from '../../src/node/record.js';
import type { LedgerEntry } from '../simcloud/cloud/ledger.js';
import type { CloudRecord } from '../simcloud/cloud/records.js';
import { dossierOf } from './dossier.js';

const AT = Date.parse('2026-01-01T10:00:00.000Z');
const requested: NodeEvent = {
  position: '1-0',
  type: 'transition',
  nodeId: 'a',
  group: 'chaos',
  role: 'victim',
  to: 'REQUESTED',
  actor: 'producer',
  epoch: 0,
  at: AT,
};
const call = (afterMs: number, more: Partial<LedgerEntry>): LedgerEntry => ({
  requestId: 'r',
  at: AT + afterMs,
  call: 'RunInstances',
  region: 'eu-central-1',
  caller: { pid: 7, run: '0123456789abcdef' },
  node: 'a',
  input: {},
  effect: [],
  ...more,
});
const instance = { id: 'i-1' } as CloudRecord;

test('a dossier tells what happened to one node in the order of time, and what is repeated once', () => {
  const lines = dossierOf({
    nodeId: 'a',
    history: [requested],
    calls: [
      call(900, { effect: [instance], fault: 'cut-after' }),
      call(950, { call: 'DescribeInstances' }),
      call(960, { node: 'b', effect: [instance] }),
      ...[1000, 1010, 1020].map((at) =>
        call(at, { call: 'DeleteSecurityGroup', error: 'DependencyViolation' }),
      ),
      call(2000, { call: 'TerminateInstances', effect: [{ ...instance, deletedAt: AT }] }),
    ],
    attacked: [
      { kind: 'redis kill', at: AT - 1, forMs: 0, whom: 'redis 3' },
      { kind: 'worker stop', at: AT + 500, forMs: 800, whom: 'w1' },
      { kind: 'guard kill', at: AT + 600, forMs: 0 },
    ],
  });
  expect(lines).toEqual([
    '10:00:00.000  node   epoch 0 producer: – → REQUESTED',
    '10:00:00.500  attack worker stop: w1 for 800 ms',
    '10:00:00.900  cloud  RunInstances: i-1; fault cut-after (run 01234567, pid 7)',
    '10:00:01.000  cloud  DeleteSecurityGroup: DependencyViolation (run 01234567, pid 7) (3 times)',
    '10:00:02.000  cloud  TerminateInstances: i-1 ends (run 01234567, pid 7)',
  ]);
});
