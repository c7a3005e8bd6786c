/** What people are told about a role. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/scaling/decide.js';
import { type ExplainedRole, explainRole } from '../../src/scaling/explanation.js';
import { MINUTE, NOW, node, SECOND, seenRole, wrong } from './support.js';

const explained = (...role: Parameters<typeof seenRole>): ExplainedRole => {
  const seen = seenRole(...role);
  return explainRole(seen, decide(seen));
};
const said = ({ others }: ExplainedRole) => Object.fromEntries(others.map(({ id, words }) => [id, words]));

describe('explaining a role', () => {
  it('tells why it has its size and what the next look does', () => {
    const role = explained(
      { min: 1, increment: 2, outExpression: 'avg(connections) > 100' },
      { nodes: [node('a', { connections: 200 })] },
    );
    expect(role).toMatchObject({ role: 'edge', size: 1, desired: 3, min: 1, max: 10 });
    expect(role.why).toContain('avg(connections) > 100 is true over 1 node in service');
    expect(role.next).toEqual(['2 nodes are created']);
  });

  it('tells the cool-downs that are left, also where nothing is wanted', () => {
    const role = explained({}, { memory: { step: 1, grewAt: NOW - 20 * SECOND } });
    expect(role.next).toEqual([
      'nothing is done now',
      'growth by expression in 40s at the earliest',
      'shrinking by expression in 4m at the earliest',
    ]);
  });

  it('tells what the breaker allows, and from when on', () => {
    const outcomes = [wrong(10 * SECOND), wrong(20 * SECOND)];
    expect(explained({ min: 1 }, { outcomes }).next).toContain(
      '2 of the newest 2 creates failed: none is created for 50s, then one is tried',
    );
    const tried = explained({ min: 1 }, { outcomes, now: NOW + 2 * MINUTE });
    expect(tried.next).toEqual([
      'one node is created',
      '2 of the newest 2 creates failed: one is tried at a time until creates go well again',
    ]);
  });

  it('tells what becomes of each node that does not simply serve', () => {
    const since = NOW - 2 * MINUTE;
    const role = explained(
      {},
      {
        nodes: [
          node('serving', { connections: 1 }),
          node('coming', { state: 'CREATING', createdAt: NOW - 30 * SECOND }),
          node('soft', { state: 'SOFT_SUNSET', since, connections: 3 }),
          node('hard', { state: 'HARD_SUNSET', since: NOW - 10 * SECOND, connections: 1 }),
          node('late', { state: 'HARD_SUNSET', since, connections: 1 }),
          node('failed', { state: 'FAILED', failed: 'create', since }),
          node('old', { state: 'FAILED', failed: 'health', since: NOW - 6 * MINUTE }),
          node('ending', { state: 'DESTROYING', doomed: true, since }),
          node('stuck', { state: 'FAILED', failed: 'destroy', doomed: true, since }),
        ],
      },
    );
    expect(said(role)).toEqual({
      coming: 'on its way for 30s',
      soft: '3 clients; 8m left, then it is driven out',
      hard: '1 client; 50s left, then it is destroyed',
      late: 'destroyed now: its 1m are over, with 1 client',
      failed: 'its create failed; destroyed in 3m, unless it comes back',
      old: 'destroyed now: it is FAILED for 6m',
      ending: 'is being destroyed for 2m',
      stuck: 'its destruction failed and is tried again',
    });
    expect(role.nodes).toEqual({ coming: 1, serving: 1, draining: 3, ending: 2, failed: 2 });
    expect(role.next).toEqual(['2 nodes are destroyed: old, late']);
  });

  it('says of a FAILED node that nobody removes that it stays', () => {
    const nodes = [node('a', { state: 'FAILED', failed: 'create', since: NOW })];
    const role = explained({ failurePolicy: { removeAfter: null } }, { nodes });
    expect(said(role)['a']).toContain('stays until somebody looks at it');
  });

  it.each(['paused', 'manual'] as const)(
    'says of a role in people’s hand (%s) that nothing is done',
    (handOnly) => {
      const nodes = [node('a', { state: 'SOFT_SUNSET', since: NOW - 60 * MINUTE, connections: 3 })];
      const role = explained({ min: 3 }, { handOnly, nodes });
      expect(role).toMatchObject({
        handOnly,
        size: 0,
        desired: 0,
        next: ['nothing, until somebody does it'],
      });
      expect(said(role)['a']).toBe('SOFT_SUNSET for 1h; nothing is done by itself');
    },
  );
});
