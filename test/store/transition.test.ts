import { describe, expect, it } from 'vitest';
import { ACTORS, type Actor, NODE_STATES, type NodeState, TRANSITIONS } from '../../src/node/lifecycle.js';
import type { TransitionRequest } from '../../src/store/store.js';
import { failureOf, nodeAt, type Standing, useStore } from './support.js';

const fixture = useStore();

const STANDINGS: readonly Standing[] = [
  ...NODE_STATES.filter((state) => state !== 'FAILED'),
  'FAILED create',
  'FAILED health',
  'FAILED destroy',
];
const stateOf = (standing: Standing): NodeState =>
  NODE_STATES.find((state) => standing.startsWith(`${state} `)) ?? (standing as NodeState);

/** What the table says, read without the code under test. */
function allowed(standing: Standing, to: NodeState, actor: Actor): boolean {
  const row = TRANSITIONS.find((each) => each.from === stateOf(standing) && each.to === to);
  if (row === undefined || !row.by.includes(actor)) return false;
  if (row.condition === 'create-failed') return standing === 'FAILED create';
  if (row.condition === 'reinstatable') return standing === 'FAILED health';
  return true;
}

/** Asked again for what is so already, or is on its way. */
function settled(standing: Standing, to: NodeState, actor: Actor): boolean {
  const reachable = TRANSITIONS.some((row) => row.to === to && row.by.includes(actor));
  const destruction = standing === 'DESTRUCTION_REQUESTED' || standing === 'DESTROYING';
  if (to === 'DESTRUCTION_REQUESTED') return reachable && destruction;
  return reachable && actor === 'terraform' && stateOf(standing) === to;
}

function ask(to: NodeState, actor: Actor, epoch: number): TransitionRequest {
  return {
    to,
    actor,
    ...(actor === 'terraform' ? { epoch } : {}),
    ...(to === 'FAILED' ? { failure: failureOf('timeout') } : {}),
  };
}

describe.each(ACTORS)('%s', (actor) => {
  it.each(STANDINGS)(
    'moves a node that is %s where the lifecycle says, and nowhere else',
    async (standing) => {
      const { store } = fixture;
      for (const to of NODE_STATES) {
        const before = await nodeAt(store, standing);
        fixture.now += 1_000;
        const result = await store.transition(before.id, ask(to, actor, before.epoch));
        const after = await store.get(before.id);
        if (settled(standing, to, actor)) {
          expect(result, to).toEqual({ node: before, changed: false });
          expect(after, to).toEqual(before);
        } else if (allowed(standing, to, actor)) {
          expect(result, to).toEqual({ node: after, changed: true });
          expect(after, to).toMatchObject({ state: to, since: fixture.now, updatedAt: fixture.now });
          expect((await store.history(before.id)).at(-1), to).toMatchObject({
            from: before.state,
            to,
            actor,
          });
        } else {
          expect(result, to).toEqual({ refused: 'wrong-state', node: before });
          expect(after, to).toEqual(before);
        }
      }
    },
  );
});

describe('transition', () => {
  it('refuses a node that nobody knows', async () => {
    expect(await fixture.store.transition('nobody', { to: 'STARTED', actor: 'node' })).toEqual({
      refused: 'unknown-node',
    });
  });

  it('changes nothing for a stale epoch, not even where the state would allow it', async () => {
    const { store } = fixture;
    const node = await nodeAt(store, 'CREATING');
    for (const epoch of [node.epoch - 1, node.epoch + 1]) {
      const late = await store.transition(node.id, { to: 'CREATED', actor: 'terraform', epoch });
      expect(late).toEqual({ refused: 'stale-epoch', node });
    }
    expect(await store.get(node.id)).toEqual(node);
  });

  it('tells a stale run that it is stale also where the node is already', async () => {
    const node = await nodeAt(fixture.store, 'CREATED');
    const late = await fixture.store.transition(node.id, { to: 'CREATED', actor: 'terraform', epoch: 0 });
    expect(late).toMatchObject({ refused: 'stale-epoch' });
  });

  it('answers a repeated report of the same run without a second event', async () => {
    const { store } = fixture;
    const node = await nodeAt(store, 'CREATED');
    const history = await store.history(node.id);
    const again = await store.transition(node.id, {
      to: 'CREATED',
      actor: 'terraform',
      epoch: node.epoch,
      expected: ['CREATING'],
      outputs: { port: 81 },
    });
    expect(again).toEqual({ node, changed: false });
    expect(await store.history(node.id)).toEqual(history);
  });

  it('moves only from the states that the asker expected', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'INSERVICE');
    const request = { to: 'DESTRUCTION_REQUESTED', actor: 'operator' } as const;
    expect(await store.transition(id, { ...request, expected: ['FAILED'] })).toMatchObject({
      refused: 'wrong-state',
      node: { state: 'INSERVICE' },
    });
    expect(await store.transition(id, { ...request, expected: [] })).toMatchObject({
      refused: 'wrong-state',
    });
    expect(await store.transition(id, { ...request, expected: ['FAILED', 'INSERVICE'] })).toMatchObject({
      changed: true,
    });
  });

  it('never allows by expectation what the lifecycle does not', async () => {
    const { id } = await nodeAt(fixture.store, 'CREATED');
    const asked = await fixture.store.transition(id, {
      to: 'HARD_SUNSET',
      actor: 'autoscaler',
      expected: ['CREATED'],
    });
    expect(asked).toMatchObject({ refused: 'wrong-state' });
  });

  it.each([
    ['epoch', 'terraform without an epoch', { to: 'CREATED', actor: 'terraform' }],
    ['failure', 'FAILED without a failure', { to: 'FAILED', actor: 'reconciler' }],
    ['failure', 'a failure elsewhere', { to: 'STARTED', actor: 'node', failure: failureOf('health') }],
    ['outputs', 'outputs of a tombstone', { to: 'DESTROYED', actor: 'terraform', epoch: 1, outputs: {} }],
  ] as const)('throws, naming %s, for %s', async (field, _what, request) => {
    const { id } = await nodeAt(fixture.store, 'CREATING');
    await expect(fixture.store.transition(id, request)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field,
    });
  });

  it('keeps the outputs of a create and remembers that it succeeded', async () => {
    const created = await nodeAt(fixture.store, 'CREATED');
    expect(created).toMatchObject({ createSucceeded: true, outputs: { port: 80 } });
    const failed = await nodeAt(fixture.store, 'FAILED destroy');
    expect(failed).toMatchObject({ createSucceeded: true, outputs: { port: 80 } });
  });

  it('says why a node is FAILED and since when, and forgets it when the node leaves', async () => {
    const { store } = fixture;
    fixture.now += 77;
    const failed = await nodeAt(store, 'FAILED health');
    expect(failed.failure).toEqual({ ...failureOf('health'), at: fixture.now });
    await store.transition(failed.id, { to: 'INSERVICE', actor: 'node' });
    expect(await store.get(failed.id)).not.toHaveProperty('failure');
    expect(await fixture.redis.hget(`{nodeyard}:node:${failed.id}`, 'failureOperation')).toBeNull();
  });

  it('leaves of a destroyed node what it was, and nothing of what it had', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'DESTRUCTION_REQUESTED', { labels: { keep: 'me' } });
    const begun = await store.begin(id, { operation: 'destroy', holder: 'run', leaseMs: 1_000 });
    const epoch = 'epoch' in begun ? begun.epoch : -1;
    await store.patch(id, epoch, {
      progress: { phase: 'destroying', done: 1, total: 2 },
      resources: [{ address: 'a.b', type: 'a', id: 'i-1' }],
    });
    await store.transition(id, { to: 'DESTROYED', actor: 'terraform', epoch });
    const node = await store.get(id);
    expect(node).toMatchObject({ state: 'DESTROYED', labels: { keep: 'me' }, resources: [] });
    for (const field of ['outputs', 'lease', 'progress', 'failure']) expect(node).not.toHaveProperty(field);
  });

  it.each(['CREATING', 'FAILED create', 'INSERVICE'] as const)(
    'gives a destruction that is asked for while %s all its attempts',
    async (standing) => {
      const { store } = fixture;
      const { id, epoch } = await nodeAt(store, standing);
      await store.patch(id, epoch, { attempts: 4 });
      if (standing === 'FAILED create') await store.requestRetry(id, { actor: 'operator' });
      await store.patch(id, epoch, { attempts: 4 });
      await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
      expect(await store.get(id)).toMatchObject({ attempts: 0, retryRequested: false });
    },
  );

  it('keeps the attempts of a destruction that is asked for again', async () => {
    const { store } = fixture;
    const { id, epoch } = await nodeAt(store, 'DESTROYING');
    await store.patch(id, epoch, { attempts: 2 });
    const again = await store.transition(id, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
    expect(again).toMatchObject({ changed: false, node: { state: 'DESTROYING', attempts: 2 } });
  });

  it('lets one of many askers move the node', async () => {
    const { id } = await nodeAt(fixture.store, 'INSERVICE');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        fixture.store.transition(id, { to: 'SOFT_SUNSET', actor: 'operator' }),
      ),
    );
    expect(answers.filter((answer) => 'changed' in answer)).toHaveLength(1);
    expect(answers.filter((answer) => 'refused' in answer && answer.refused === 'wrong-state')).toHaveLength(
      19,
    );
  });
});

describe('requestRetry', () => {
  const byOperator = { actor: 'operator', reason: 'quota raised' } as const;

  it('marks a failed create, with all its attempts, and notes it', async () => {
    const { store } = fixture;
    const { id, epoch } = await nodeAt(store, 'FAILED create');
    await store.patch(id, epoch, { attempts: 3 });
    const marked = await store.requestRetry(id, byOperator);
    expect(marked).toMatchObject({
      changed: true,
      node: { state: 'FAILED', retryRequested: true, attempts: 0 },
    });
    expect((await store.history(id)).at(-1)).toMatchObject({ type: 'noted', ...byOperator });
  });

  it('changes nothing when it is asked for twice', async () => {
    const { store } = fixture;
    const { id } = await nodeAt(store, 'FAILED create');
    await store.requestRetry(id, byOperator);
    const history = await store.history(id);
    expect(await store.requestRetry(id, byOperator)).toMatchObject({ changed: false });
    expect(await store.history(id)).toEqual(history);
  });

  it.each(STANDINGS.filter((standing) => standing !== 'FAILED create'))(
    'is refused for a node that is %s',
    async (standing) => {
      const node = await nodeAt(fixture.store, standing);
      expect(await fixture.store.requestRetry(node.id, byOperator)).toEqual({ refused: 'wrong-state', node });
    },
  );

  it('is refused for a node that nobody knows', async () => {
    expect(await fixture.store.requestRetry('nobody', byOperator)).toEqual({ refused: 'unknown-node' });
  });
});
