import { describe, expect, test } from 'vitest';
import type { NodeState } from '../../src/node/lifecycle.js';
import type { NodeRecord } from '../../src/node/record.js';
import { endedRun, type RunOutcome } from '../../src/operations/listener.js';
import { later, type Outcome, settled } from '../../src/operations/outcome.js';
import type { StopReason } from '../../src/operations/run-stop.js';

const node = (state: NodeState) => ({ state, stack: 'local-node' }) as NodeRecord;
const failed: Outcome = { kind: 'failed', failure: { code: 'QUOTA', message: '' } };

describe('how a run ended', () => {
  test.each<[string, Outcome | undefined, StopReason | undefined, RunOutcome]>([
    ['the node is where it should be', settled(node('CREATED')), undefined, 'done'],
    ['it got there although it was told to stop', settled(node('DESTROYED')), 'shutdown', 'done'],
    ['its node was doomed meanwhile', settled(node('DESTRUCTION_REQUESTED')), 'cancelled', 'stopped'],
    ['it waits for its next attempt', later(1, 'NETWORK'), undefined, 'postponed'],
    ['its worker was shut down', later(0, 'SHUTDOWN'), 'shutdown', 'stopped'],
    ['its lease was lost', later(0, 'LEASE_LOST'), 'lease-lost', 'stopped'],
    ['the node is FAILED', failed, undefined, 'failed'],
    ['nobody foresaw it', undefined, undefined, 'broken'],
  ])('where %s', (_, outcome, stopReason, expected) => {
    const session = { node: node('CREATING'), operation: 'create', stopReason } as const;
    expect(endedRun(session, outcome, 7)).toEqual({
      operation: 'create',
      stack: 'local-node',
      outcome: expected,
      ms: 7,
      leaseLost: stopReason === 'lease-lost',
    });
  });
});
