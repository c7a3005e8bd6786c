/** The rule of silence on a real Redis, with a clock that the test moves. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeRecord } from '../../src/node/record.js';
import { nodeAt, type Standing, useStore } from '../store/support.js';
import { brief, Fleet, MINUTE } from './support.js';

const fixture = useStore();
const GAP_MS = 6_000;

let fleet: Fleet;
beforeEach(async () => {
  fleet = new Fleet(fixture);
  await fleet.heartbeats.listening(GAP_MS);
});

const beat = (id: string) => fleet.heartbeats.beat(id, { load: {}, silenceMs: MINUTE });
async function speakingNode(standing: Standing = 'INSERVICE'): Promise<NodeRecord> {
  const node = await nodeAt(fixture.store, standing);
  await beat(node.id);
  return node;
}
async function listen(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    fixture.now += Math.min(left, 5_000);
    await fleet.heartbeats.listening(GAP_MS);
  }
}
const stateOf = async (id: string) => (await fixture.store.get(id))?.state;

describe('a node that falls silent', () => {
  it('is FAILED by its health, with how long it was silent and how long it may be', async () => {
    const { id } = await speakingNode();
    await listen(MINUTE - 1);
    expect(await fleet.look()).toEqual([]);
    await listen(1);
    expect(brief(await fleet.look())).toEqual([`silence ${id} fail: done`]);
    expect(await fixture.store.get(id)).toMatchObject({
      state: 'FAILED',
      failure: {
        operation: 'health',
        code: 'HEARTBEAT_LOST',
        message: 'silent for 1m; it may be so for 1m',
        retryable: false,
      },
    });
    expect((await fixture.store.history(id)).at(-1)).toMatchObject({
      actor: 'reconciler',
      from: 'INSERVICE',
      to: 'FAILED',
    });
    expect(await fleet.look()).toEqual([]);
  });

  it('is only found by a dry look', async () => {
    const { id } = await speakingNode();
    await listen(MINUTE);
    expect(brief(await fleet.look({ dryRun: true }))).toEqual([`silence ${id} fail: found`]);
    expect(await stateOf(id)).toBe('INSERVICE');
  });

  it.each<Standing>(['CREATED', 'STARTED', 'SOFT_SUNSET'])(
    'while it is %s is FAILED as well',
    async (state) => {
      const { id } = await speakingNode(state);
      await listen(MINUTE);
      await fleet.look();
      expect(await stateOf(id)).toBe('FAILED');
    },
  );

  it.each<Standing>(['HARD_SUNSET', 'FAILED health'])('while it is %s stays as it is', async (state) => {
    const { id, state: before } = await speakingNode(state);
    await listen(60 * MINUTE);
    expect(await fleet.look()).toEqual([]);
    expect(await stateOf(id)).toBe(before);
  });

  it('and speaks again before its turn comes is not given up', async () => {
    const { id } = await speakingNode();
    await listen(MINUTE);
    Object.assign(fleet.parts, {
      heartbeats: {
        ...fleet.heartbeats,
        silent: async (limit: number) => {
          const found = await fleet.heartbeats.silent(limit);
          fixture.now += 1;
          await beat(id);
          return found;
        },
      },
    });
    expect(brief(await fleet.look())).toEqual([`silence ${id} fail: passed`]);
    expect(await stateOf(id)).toBe('INSERVICE');
  });

  it('and whose destruction is asked for before its turn comes is left to that', async () => {
    const { id } = await speakingNode();
    await listen(MINUTE);
    const { store } = fixture;
    Object.assign(fleet.parts, {
      heartbeats: {
        ...fleet.heartbeats,
        get: async (nodeId: string) => {
          const heard = await fleet.heartbeats.get(nodeId);
          await store.transition(nodeId, { to: 'DESTRUCTION_REQUESTED', actor: 'operator' });
          return heard;
        },
      },
    });
    expect(brief(await fleet.look())).toEqual([`silence ${id} fail: passed`]);
    expect(await stateOf(id)).toBe('DESTRUCTION_REQUESTED');
  });
});

it('a node that was to speak and never did is FAILED after the limit of a start, not before', async () => {
  const { id } = await nodeAt(fixture.store, 'CREATING');
  await fleet.heartbeats.expect(id, { startMs: 10 * MINUTE, configures: true });
  await fixture.store.transition(id, { to: 'CREATED', actor: 'terraform', epoch: 1 });
  await listen(10 * MINUTE - 1);
  expect(await fleet.look()).toEqual([]);
  await listen(1);
  expect(brief(await fleet.look())).toEqual([`silence ${id} fail: done`]);
  expect((await fixture.store.get(id))?.failure?.message).toBe(
    'never heard of in 10m; it may be so for 10m after it was created',
  );
});

describe('a fleet that could not be heard', () => {
  it('is not given up by a reconciler that slept, nor after Redis or the API was away', async () => {
    const nodes = [await speakingNode(), await speakingNode()];
    await listen(30_000);
    fixture.now += 60 * MINUTE;
    expect(await fleet.look()).toEqual([]);
    await fleet.heartbeats.listening(GAP_MS);
    await listen(MINUTE / 2);
    expect(await fleet.look()).toEqual([]);
    await beat(nodes[0]!.id);
    await listen(MINUTE / 2);
    // The one that did not come back has had its whole limit since.
    expect(brief(await fleet.look())).toEqual([`silence ${nodes[1]!.id} fail: done`]);
  });

  it('is given five times its limit where most of it falls silent at once, and no more', async () => {
    const nodes = [];
    for (let i = 0; i < 5; i += 1) nodes.push(await speakingNode());
    const [speaking, ...others] = nodes.map(({ id }) => id);
    const minutes = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        await listen(MINUTE);
        await beat(speaking!);
      }
    };
    await minutes(4);
    const [finding, ...more] = await fleet.look();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      rule: 'silence',
      action: 'wait',
      outcome: 'passed',
      reason: expect.stringMatching(/^4 of 5 nodes are silent at once; each is given 5 times its limit/),
    });
    await minutes(1);
    const failed = await fleet.look();
    expect(failed.map(({ nodeId }) => nodeId).sort()).toEqual(others.sort());
    expect(await stateOf(speaking!)).toBe('INSERVICE');
  });

  it('is not spared for a few that are silent', async () => {
    const nodes = [];
    for (let i = 0; i < 5; i += 1) nodes.push(await speakingNode());
    const [gone, lost, ...speaking] = nodes.map(({ id }) => id);
    await listen(MINUTE / 2);
    for (const id of speaking) await beat(id);
    await listen(MINUTE / 2);
    const failed = await fleet.look();
    expect(failed.map(({ nodeId }) => nodeId).sort()).toEqual([gone, lost].sort());
  });
});
