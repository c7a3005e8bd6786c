import { describe, expect, it } from 'vitest';
import { dueMove } from '../../src/heartbeat/due.js';
import type { Standing } from '../../src/heartbeat/heartbeats.js';
import type { NodeState } from '../../src/node/lifecycle.js';

const at = (state: NodeState, more: Partial<Standing> = {}): Standing => ({
  state,
  epoch: 1,
  configures: true,
  ...more,
});
const lost = (from: NodeState, more: Partial<Standing> = {}): Standing =>
  at('FAILED', { failure: { code: 'HEARTBEAT_LOST', from }, ...more });
const to = (standing: Standing, configured = false, reinstate = true) =>
  dueMove(standing, { configured, reinstate })?.to;

describe('a heartbeat', () => {
  it('starts a node that is CREATED, whatever else it says', () => {
    expect([to(at('CREATED')), to(at('CREATED'), true)]).toEqual(['STARTED', 'STARTED']);
  });

  it('takes a STARTED node into service once it is configured, or at once where nothing has to be', () => {
    expect(to(at('STARTED'))).toBeUndefined();
    expect(to(at('STARTED'), true)).toBe('INSERVICE');
    expect(to(at('STARTED', { configures: false }))).toBe('INSERVICE');
  });

  it.each<NodeState>(['INSERVICE', 'SOFT_SUNSET', 'HARD_SUNSET'])('leaves a node %s', (state) => {
    expect(to(at(state), true)).toBeUndefined();
  });

  it.each<NodeState>(['INSERVICE', 'SOFT_SUNSET'])('takes a node that was lost back to %s', (from) => {
    expect(to(lost(from))).toBe(from);
  });

  it.each<NodeState>(['CREATED', 'STARTED'])(
    'takes a node that was lost in %s into service only when it is ready',
    (from) => {
      expect(to(lost(from))).toBeUndefined();
      expect(to(lost(from), true)).toBe('INSERVICE');
      expect(to(lost(from, { configures: false }))).toBe('INSERVICE');
    },
  );

  it('takes nothing back where that is not wanted', () => {
    expect(to(lost('INSERVICE'), true, false)).toBeUndefined();
  });

  it.each(['VANISHED', 'OVERDUE', 'NETWORK'] as const)('does not answer a failure by %s', (code) => {
    expect(to(at('FAILED', { failure: { code, from: 'INSERVICE' } }), true)).toBeUndefined();
  });
});
