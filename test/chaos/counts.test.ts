import { expect, test } from 'vitest';
import type { NodeEvent } from '../../src/node/record.js';
import type { LedgerEntry } from '../simcloud/cloud/ledger.js';
import { countUp } from './counts.js';

const event = (more: Partial<NodeEvent>): NodeEvent => ({
  position: '1-0',
  type: 'transition',
  nodeId: 'a',
  group: 'chaos',
  role: 'victim',
  actor: 'terraform',
  epoch: 1,
  at: 0,
  ...more,
});
const call = (fault?: string): LedgerEntry => ({
  requestId: 'r',
  at: 0,
  call: 'RunInstances',
  region: 'eu-central-1',
  caller: { pid: 1 },
  input: {},
  effect: [],
  ...(fault === undefined ? {} : { fault }),
});
const FAILURE = { message: '', diagnostics: [], retryable: true, attempts: 1, at: 0 };

test('what was done and what became of it is counted by kind, in the order of the alphabet', () => {
  const counts = countUp({
    attacked: [
      { kind: 'worker kill', at: 0, forMs: 0, whom: 'w1' },
      { kind: 'redis stop', at: 0, forMs: 0, whom: 'redis 7' },
      { kind: 'worker kill', at: 0, forMs: 0, whom: 'w2' },
      { kind: 'provider kill', at: 0, forMs: 0 },
    ],
    calls: [call(), call('throttled'), call('cut-after'), call('throttled')],
    events: [
      event({ from: 'CREATING', to: 'CREATED' }),
      event({ from: 'DESTROYING', to: 'DESTROYED' }),
      event({ from: 'CREATING', to: 'FAILED', failure: { ...FAILURE, operation: 'create', code: 'QUOTA' } }),
      event({ type: 'taken' }),
      event({ type: 'noted', reason: 'recovered the create run of epoch 1: state canonical' }),
      event({ type: 'noted', reason: 'destroyed an orphan: aws_eip x in aws-y: its node is destroyed' }),
      event({
        type: 'noted',
        reason: 'destroyed aws_instance x in aws-y: an earlier run made it, and no state holds it',
      }),
      event({ type: 'noted', reason: 'REQUESTED and no job is on its way: a create job was added' }),
    ],
    quarantined: new Set(['a@1', 'b@2']),
  });
  expect(counts).toEqual({
    attacks: { missed: 1, 'redis stop': 1, 'worker kill': 2 },
    faults: { 'cut-after': 1, throttled: 2 },
    calls: 4,
    created: 1,
    destroyed: 1,
    failures: { 'create QUOTA': 1 },
    takeovers: 1,
    recoveries: 1,
    quarantines: 2,
    straysDestroyed: 1,
    orphansDestroyed: 1,
    jobsAdded: 1,
  });
  expect(Object.keys(counts.attacks)).toEqual(['missed', 'redis stop', 'worker kill']);
});
