import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACTORS,
  type Actor,
  NODE_STATES,
  type NodeState,
  OPERATIONS,
  TRANSITIONS,
} from '../../src/node/lifecycle.js';
import type { Failure, NodeRecord } from '../../src/node/record.js';
import type { BeginResult, NodeStore, TransitionResult } from '../../src/store/store.js';
import { NodeModel } from './model.js';
import { expectSoundKeys, failureOf, nodeRequest, useStore } from './support.js';

const fixture = useStore();
const RUNS = 80;
const STEPS = { minLength: 40, maxLength: 60, size: 'max' } as const;

interface World {
  readonly store: NodeStore;
  readonly nodes: readonly { readonly id: string; readonly model: NodeModel }[];
}
interface Step {
  readonly does: string;
  /** Does it to both and answers what each said. */
  run(world: World): Promise<[store: unknown, model: unknown]>;
}

const node = fc.nat({ max: 1 });
const holder = fc.constantFrom('one', 'two', 'three');
const leaseMs = fc.constantFrom(10, 100, 1_000);
/** Mostly the epoch of the present run, sometimes one of a run that is over. */
const staleness = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2));
const mostly = fc.constantFrom(true, true, false);
const failedIn = fc.constantFrom<Failure['operation'][]>('create', 'create', 'destroy', 'health', 'timeout');

const verdictOf = (answer: BeginResult | TransitionResult): string => {
  if ('refused' in answer) return answer.refused;
  return 'changed' in answer && !answer.changed ? 'unchanged' : 'done';
};
const at = (world: World, index: number) => world.nodes[index]!;

/** Where a node may go from here, forward more often than not; random moves alone almost never get anywhere. */
function legalMove(state: NodeState, choice: number): readonly [NodeState, Actor] {
  const rows = TRANSITIONS.filter(({ from }) => from === state);
  const row = choice < 28 ? rows[0] : rows[choice % Math.max(rows.length, 1)];
  return [row?.to ?? state, row?.by[0] ?? 'operator'];
}
const move = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 40 }) },
  fc.tuple(fc.constantFrom(...NODE_STATES), fc.constantFrom(...ACTORS)),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(node, fc.constantFrom(...OPERATIONS), holder, leaseMs).map(
    ([index, operation, by, ms]): Step => ({
      does: `${by} begins to ${operation} ${index} for ${ms} ms`,
      run: async (world) => {
        const { id, model } = at(world, index);
        const answer = await world.store.begin(id, { operation, holder: by, leaseMs: ms });
        return [verdictOf(answer), model.begin(fixture.now, operation, by, ms)];
      },
    }),
  ),
  {
    weight: 2,
    arbitrary: fc.tuple(node, move, staleness, fc.boolean(), failedIn).map(
      ([index, moving, stale, fenced, operation]): Step => ({
        does: `${index} is moved by ${moving} (epoch -${stale}${fenced ? '' : ' or none'})`,
        run: async (world) => {
          const { id, model } = at(world, index);
          const [to, actor] = typeof moving === 'number' ? legalMove(model.state, moving) : moving;
          const epoch = fenced || actor === 'terraform' ? model.epoch - stale : undefined;
          const answer = await world.store.transition(id, {
            to,
            actor,
            ...(epoch === undefined ? {} : { epoch }),
            ...(to === 'FAILED' ? { failure: failureOf(operation) } : {}),
          });
          return [verdictOf(answer), model.transition(to, actor, epoch, operation)];
        },
      }),
    ),
  },
  fc.tuple(node, staleness, holder, leaseMs).map(
    ([index, stale, by, ms]): Step => ({
      does: `${by} renews ${index} (epoch -${stale}) for ${ms} ms`,
      run: async (world) => {
        const { id, model } = at(world, index);
        const claim = { epoch: model.epoch - stale, holder: by };
        const held = model.renew(fixture.now, claim.epoch, by, ms);
        const expected = held ? { held, state: model.state, expiresAt: fixture.now + ms } : { held };
        return [await world.store.renew(id, claim, ms), expected];
      },
    }),
  ),
  {
    weight: 2,
    arbitrary: fc.tuple(node, staleness, fc.option(holder, { freq: 1 }), mostly, mostly).map(
      ([index, stale, other, earlier, own]): Step => ({
        does: `${other ?? 'its holder'} releases ${index} (epoch -${stale}), knowing ${earlier ? 'earlier' : ''} ${own ? 'own' : ''}`,
        run: async (world) => {
          const { id, model } = at(world, index);
          const claim = { epoch: model.epoch - stale, holder: other ?? model.holder ?? 'nobody' };
          const made = { earlier, own };
          return [
            await world.store.release(id, claim, made),
            model.release(fixture.now, claim.epoch, claim.holder, made),
          ];
        },
      }),
    ),
  },
  fc.tuple(node, staleness, fc.nat({ max: 5 })).map(
    ([index, stale, attempts]): Step => ({
      does: `a run notes ${attempts} attempts of ${index} (epoch -${stale})`,
      run: async (world) => {
        const { id, model } = at(world, index);
        const epoch = model.epoch - stale;
        return [await world.store.patch(id, epoch, { attempts }), model.patch(epoch, attempts)];
      },
    }),
  ),
  node.map(
    (index): Step => ({
      does: `a retry of ${index} is asked for`,
      run: async (world) => {
        const { id, model } = at(world, index);
        return [verdictOf(await world.store.requestRetry(id, { actor: 'operator' })), model.requestRetry()];
      },
    }),
  ),
  fc.constantFrom(1, 9, 10, 99, 1_000).map(
    (ms): Step => ({
      does: `${ms} ms pass`,
      run: async () => {
        fixture.now += ms;
        return [undefined, undefined];
      },
    }),
  ),
);

const summaryOfRecord = (record: NodeRecord | undefined) => ({
  state: record?.state,
  epoch: record?.epoch,
  attempts: record?.attempts,
  createSucceeded: record?.createSucceeded,
  retryRequested: record?.retryRequested,
  failedIn: record?.failure?.operation,
  lease: record?.lease,
  accounted: record?.accounted,
  runEndedAt: record?.runEndedAt,
});
const summaryOfModel = (model: NodeModel) => ({
  state: model.state,
  epoch: model.epoch,
  attempts: model.attempts,
  createSucceeded: model.createSucceeded,
  retryRequested: model.retryRequested,
  failedIn: model.failedIn,
  lease: model.holder === undefined ? undefined : { holder: model.holder, expiresAt: model.leaseEnd },
  accounted: model.accounted,
  runEndedAt: model.runEndedAt,
});

describe('the store', () => {
  it('does what the design’s model does, whatever happens in whatever order', async () => {
    const { store, redis } = fixture;
    const seen = new Map<string, number>();
    const reached = new Set<string>();
    const steps = fc.array(step, STEPS);
    await fc.assert(
      fc.asyncProperty(steps, async (walk) => {
        const nodes = [];
        for (let i = 0; i < 2; i += 1) {
          const { node: made } = await store.create(nodeRequest(), { actor: 'producer' });
          nodes.push({ id: made.id, model: new NodeModel() });
        }
        for (const { does, run } of walk) {
          const [answer, expected] = await run({ store, nodes });
          expect(answer, does).toEqual(expected);
          for (const { id, model } of nodes) {
            expect(summaryOfRecord(await store.get(id)), does).toEqual(summaryOfModel(model));
            seen.set(model.state, (seen.get(model.state) ?? 0) + 1);
            if (model.epoch > 1 && model.accounted === model.epoch) reached.add('all is known');
            if (model.lateEnd && model.leaseAlive(fixture.now)) reached.add('a late end');
          }
          const stranded = (await store.stranded(10)).map(({ id }) => id);
          const expectedStranded = nodes.filter(({ model }) => model.stranded(fixture.now));
          expect(stranded.sort(), does).toEqual(expectedStranded.map(({ id }) => id).sort());
        }
        for (const { id, model } of nodes) expect(await store.history(id)).toHaveLength(model.events);
        await expectSoundKeys(redis);
        await redis.flushall();
      }),
      { numRuns: RUNS },
    );
    // A walk that never gets anywhere proves nothing.
    expect([...seen.keys()].sort()).toEqual([...NODE_STATES].sort());
    expect([...reached].sort()).toEqual(['a late end', 'all is known']);
  });
});
