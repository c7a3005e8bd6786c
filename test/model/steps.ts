/**
 * The steps of a walk, as fast-check’s commands: each says whether it can be taken now, and takes it. What is chosen is a place in what
 * can happen at that moment, so that a shorter walk stays a walk.
 */
import fc from 'fast-check';
import type { NodeState } from '../../src/node/lifecycle.js';
import { MODES, type Mode } from './gates.js';
import { MINUTE, SECOND } from './settings.js';
import { STACK_NAME } from './stack.js';
import { CLOUD_FAULTS, type Twist } from './terraform/twist.js';
import type { ModelWorker } from './worker.js';
import { HOSTS, READS, type World } from './world.js';

export type Step = fc.AsyncCommand<World, World>;

const step = (
  does: string,
  {
    when = () => true,
    take,
  }: { when?: (world: World) => boolean; take: (world: World) => Promise<void> | void },
): Step => ({
  check: when,
  run: async (_, world) => {
    await take(world);
    await world.settle(does);
  },
  toString: () => does,
});

const place = fc.nat({ max: 9_999 });
const at = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];
const NODES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'];
/** At once; more would only stand in one another’s way. */
const MOST_LIVING = 3;
const nodeId = fc.constantFrom(...NODES);
const living = ({ reference }: World): number =>
  [...reference.nodes.values()].filter(({ model }) => model.state !== 'DESTROYED').length;
const isKnown = (world: World, id: string): boolean => world.reference.nodes.has(id);

/** Many things happen as they should, one after the other. */
const goOn = fc.array(place, { minLength: 1, maxLength: 25 }).map(
  (picks): Step => ({
    check: ({ tasks, gates }) => tasks.length + gates.waiting.length > 0,
    run: async (_, world) => {
      for (const pick of picks) {
        const what = await world.proceed(pick);
        if (what === undefined) return;
        await world.settle(what);
      }
    },
    toString: () => `goOn(${picks.join(', ')})`,
  }),
);

/** What concerns one node happens, as long as something can, and goes well: so that walks get anywhere. */
const finish = fc.tuple(place, fc.nat({ max: 40 })).map(
  ([pick, most]): Step => ({
    check: ({ reference }) => reference.nodes.size > 0,
    run: async (_, world) => {
      const node = new RegExp(`\\b${at(world.nodeIds, pick)}\\b|bundles`);
      for (let taken = 0; taken <= most; taken += 1) {
        const what = await world.proceed(0, node);
        if (what === undefined) return;
        await world.settle(what);
      }
    },
    toString: () => `finish(${pick}, ${most})`,
  }),
);

const odd = fc.constantFrom<Mode[]>(...MODES.filter((mode) => mode !== 'answered'));
/** Those that change something are where it matters most, and those of the quarantine are seldom there. */
const CALLS = {
  call: /(?:)/,
  write: new RegExp(`^(?!(${[...READS].join('|')})$)`),
  quarantineCall: /^quarantine\.(?!unattended)/,
} as const;
const goesWrong = (kind: keyof typeof CALLS): fc.Arbitrary<Step> =>
  fc.tuple(place, odd).map(([pick, mode]) => {
    const calls = ({ gates }: World) => gates.waiting.filter(({ call: name }) => CALLS[kind].test(name));
    return step(`${kind}GoesWrong(${pick}, ${mode})`, {
      when: (world) => calls(world).length > 0,
      take: async (world) => {
        await at(calls(world), pick)?.pass(mode);
      },
    });
  });

const twist: fc.Arbitrary<Twist> = fc.record({
  how: fc.constantFrom('fails' as const, 'lost' as const, 'partial' as const),
  fault: fc.oneof(
    fc.constantFrom('network' as const, 'throttled' as const, 'provider' as const),
    fc.constantFrom(...CLOUD_FAULTS),
  ),
});
const call = fc.oneof(
  { weight: 4, arbitrary: fc.constant('creates' as const) },
  { weight: 3, arbitrary: fc.constant('deletes' as const) },
  { weight: 2, arbitrary: fc.constant('boots' as const) },
  fc.constant('plans' as const),
);
/** It befalls the next such call that any Terraform makes. */
const cloudGoesWrong = fc.tuple(call, twist).map(([name, how]) =>
  step(`cloudGoesWrong(${name}, ${how.how}${how.how === 'well' ? '' : ` ${how.fault}`})`, {
    when: ({ ahead }) => !ahead.has(`terraform ${name}`),
    take: ({ ahead }) => void ahead.set(`terraform ${name}`, how),
  }),
);

const killTerraform = fc.tuple(place, fc.constantFrom('terraform', 'guard', 'both')).map(([pick, whom]) => {
  const runs = (world: World) => world.hosts.flatMap((host) => host.runs);
  return step(`killTerraform(${pick}, ${whom})`, {
    when: (world) => runs(world).length > 0,
    take: (world) => {
      const terraform = at(runs(world), pick)?.terraform;
      if (terraform === undefined) return;
      for (const { name } of terraform.steps)
        world.coverage.count(`${whom} killed before ${name.split(' ')[0]}`);
      if (terraform.tearing) world.coverage.count('killed over a torn state');
      if (whom !== 'terraform') terraform.killGuard();
      if (whom !== 'guard') terraform.kill();
    },
  });
});

const fillDisk = fc.tuple(place, fc.boolean()).map(([pick, room]) => {
  const runs = (world: World) => world.hosts.flatMap((host) => host.runs);
  return step(`fillDisk(${pick}${room ? ', room for the last state' : ''})`, {
    when: (world) => runs(world).length > 0,
    take: (world) => {
      world.coverage.count(`disk filled${room ? ', room for the last state' : ''}`);
      at(runs(world), pick)?.terraform.fillDisk(room);
    },
  });
});

/** A step that befalls one of the workers that fit. */
const toWorker = (
  name: string,
  fits: (worker: ModelWorker) => boolean,
  take: (worker: ModelWorker, world: World) => void,
): fc.Arbitrary<Step> =>
  place.map((pick) =>
    step(`${name}(${pick})`, {
      when: (world) => world.livingWorkers.some(fits),
      take: (world) => {
        const worker = at(world.livingWorkers.filter(fits), pick);
        if (worker === undefined) return;
        world.coverage.count(name);
        take(worker, world);
      },
    }),
  );
/** Longer than a lease and a job’s lock. */
const OVERTAKE_MS = 65 * SECOND;
const isAwake = ({ process }: ModelWorker): boolean => process.awake;
const isReady = ({ ready }: ModelWorker): boolean => ready;

const look = toWorker('look', isReady, (worker) => worker.look());
/** One whole look at the fleet, without anything else in between; what it has started goes on afterwards. */
const lookThrough = place.map(
  (pick): Step => ({
    check: ({ livingWorkers }) => livingWorkers.some(isReady),
    run: async (_, world) => {
      const worker = at(world.livingWorkers.filter(isReady), pick);
      if (worker === undefined) return;
      worker.look();
      const own = new RegExp(`^${worker.process.name} (?!bundles|states.save|quarantine.(?!unattended))`);
      for (let taken = 0; worker.looking && taken < 60; taken += 1) {
        await world.settle((await world.proceed(0, own)) ?? 'nothing');
      }
    },
    toString: () => `lookThrough(${pick})`,
  }),
);
const lookAfter = toWorker('lookAfterLeftovers', isReady, (worker) => worker.lookAfterLeftovers());
const killWorker = toWorker(
  'killWorker',
  () => true,
  ({ process }) => process.die(),
);
/**
 * A worker with a run of its own is frozen until its lease is over and its job is anybody’s: what it still does afterwards, it does
 * as one that another has overtaken.
 */
const overtake = toWorker(
  'overtake',
  (worker) => isAwake(worker) && worker.runs.length > 0,
  ({ process }, world) => {
    process.freeze();
    countLeases(world, OVERTAKE_MS);
    world.time.pass(OVERTAKE_MS);
  },
);
const freeze = toWorker('freezeWorker', isAwake, ({ process }) => process.freeze());
const wake = toWorker(
  'wakeWorker',
  ({ process }) => process.frozen,
  ({ process }, { time }) => {
    process.wake();
    time.fireDue();
  },
);
const stop = toWorker('stopWorker', isReady, (worker) => worker.stop());
const hear = fc.tuple(place, nodeId).map(([pick, id]) =>
  step(`hear(${pick}, ${id})`, {
    when: (world) => world.reference.nodes.get(id)?.model.state === 'DESTRUCTION_REQUESTED',
    take: (world) => at(world.livingWorkers.filter(isAwake), pick)?.hear(id),
  }),
);

const host = fc.nat({ max: HOSTS - 1 });
const startWorker = host.map((index) =>
  step(`startWorker(${index})`, {
    when: ({ livingWorkers }) => livingWorkers.length < 4,
    take: (world) => {
      const on = world.hosts[index];
      if (on !== undefined) world.startWorker(on);
    },
  }),
);
const cutPower = host.map((index) =>
  step(`cutPower(${index})`, {
    take: (world) => {
      world.coverage.count('cutPower');
      world.hosts[index]?.cutPower();
    },
  }),
);

const waits = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constantFrom(SECOND, 10 * SECOND, 25 * SECOND) },
  { weight: 2, arbitrary: fc.constantFrom(65 * SECOND, 4 * MINUTE) },
  fc.constant(40 * MINUTE),
);
/** 0: until the next timer of anybody. */
const pass = waits.map((ms) =>
  step(`pass(${ms})`, {
    take: (world) => {
      const passed = ms === 0 ? (world.time.untilNext() ?? SECOND) : ms;
      countLeases(world, passed);
      world.time.pass(passed);
    },
  }),
);
const jumpRedis = fc.constantFrom(90 * SECOND, 5 * MINUTE, -20 * SECOND).map((ms) =>
  step(`jumpRedis(${ms})`, {
    take: (world) => {
      countLeases(world, ms);
      world.time.jumpRedis(ms);
    },
  }),
);
function countLeases(world: World, ms: number): void {
  const now = world.time.ofRedis;
  for (const { model } of world.reference.nodes.values()) {
    if (model.leaseAlive(now) && !model.leaseAlive(now + ms))
      world.coverage.count('time passed a live lease');
  }
}

const loseJob = place.map((pick) =>
  step(`loseJob(${pick})`, {
    when: ({ queue }) => queue.jobs.length > 0,
    take: ({ queue, coverage }) => {
      const job = at(queue.jobs, pick);
      if (job === undefined) return;
      coverage.count('job lost');
      queue.lose(job);
    },
  }),
);
const stallJob = place.map((pick) =>
  step(`stallJob(${pick})`, {
    when: ({ queue }) => queue.active.length > 0,
    take: ({ queue, coverage }) => {
      const job = at(queue.active, pick);
      if (job === undefined) return;
      coverage.count('job stalled');
      queue.stall(job);
    },
  }),
);
const promoteJob = place.map((pick) =>
  step(`promoteJob(${pick})`, {
    when: ({ queue }) => queue.jobs.some(({ state }) => state === 'delayed'),
    take: ({ queue }) => {
      const job = at(
        queue.jobs.filter(({ state }) => state === 'delayed'),
        pick,
      );
      if (job !== undefined) queue.promote(job);
    },
  }),
);

const request = fc
  .record({
    id: nodeId,
    parts: fc.integer({ min: 2, max: 4 }),
    ttl: fc.option(fc.constantFrom(120, 900), { nil: undefined, freq: 6 }),
    onFailure: fc.option(fc.constant('keep' as const), { nil: undefined, freq: 4 }),
    byJob: fc.boolean(),
  })
  .map(({ id, parts, ttl, onFailure, byJob }) =>
    step(`request(${id}, ${parts}, ${ttl ?? '-'}, ${onFailure ?? '-'}${byJob ? ', by a job' : ''})`, {
      when: (world) => !isKnown(world, id) && living(world) < MOST_LIVING,
      take: (world) => {
        const node = {
          id,
          group: 'model',
          role: 'node',
          stack: STACK_NAME,
          inputs: { parts },
          ...(ttl === undefined ? {} : { ttl }),
          ...(onFailure === undefined ? {} : { onFailure }),
        };
        if (byJob) world.queue.put('create', `own-${id}`, { v: 1, node });
        else world.ask((client) => client.requestNode(node));
      },
    }),
  );
const destroy = fc.tuple(nodeId, fc.boolean()).map(([id, byJob]) =>
  step(`destroy(${id}${byJob ? ', by a job' : ''})`, {
    when: (world) => isKnown(world, id),
    take: (world) => {
      const state = world.reference.nodes.get(id)?.model.state;
      world.coverage.count(`destroy asked of ${state}`);
      if (byJob) world.queue.put('destroy', `own-destroy-${id}-${world.steps}`, { v: 1, nodeId: id });
      else world.ask((client) => client.requestDestruction(id, { actor: 'operator' }));
    },
  }),
);
const retry = nodeId.map((id) =>
  step(`retry(${id})`, {
    when: (world) => world.reference.nodes.get(id)?.model.state === 'FAILED',
    take: (world) => {
      world.coverage.count('retry asked');
      world.ask((client) => client.retry(id));
    },
  }),
);

/** What the node itself, its group and an operator do to a node that is there. */
const LIFE: Readonly<
  Partial<Record<NodeState, readonly (readonly [NodeState, 'node' | 'operator' | 'autoscaler'])[]>>
> = {
  CREATED: [['STARTED', 'node']],
  STARTED: [['INSERVICE', 'node']],
  INSERVICE: [['SOFT_SUNSET', 'operator']],
  SOFT_SUNSET: [
    ['HARD_SUNSET', 'autoscaler'],
    ['INSERVICE', 'operator'],
  ],
  HARD_SUNSET: [['DESTRUCTION_REQUESTED', 'autoscaler']],
  FAILED: [['INSERVICE', 'operator']],
};
const live = fc.tuple(nodeId, place).map(([id, pick]) => {
  const moves = (world: World) => LIFE[world.reference.nodes.get(id)?.model.state ?? 'DESTROYED'] ?? [];
  return step(`live(${id}, ${pick})`, {
    when: (world) => moves(world).length > 0,
    take: (world) => {
      const move = at(moves(world), pick);
      if (move === undefined) return;
      const [to, actor] = move;
      world.askStore((store) => store.transition(id, { to, actor }));
    },
  });
});

const vanish = place.map((pick) =>
  step(`vanish(${pick})`, {
    when: ({ cloud }) => cloud.things.length > 0,
    take: ({ cloud, coverage }) => {
      const thing = at(cloud.things, pick);
      if (thing === undefined) return;
      coverage.count('vanished by hand');
      cloud.vanish(thing.id);
    },
  }),
);

/** By weight. */
const STEPS: readonly (readonly [weight: number, step: fc.Arbitrary<Step>])[] = [
  [30, goOn],
  [20, finish],
  [5, goesWrong('call')],
  [10, goesWrong('write')],
  [10, goesWrong('quarantineCall')],
  [12, cloudGoesWrong],
  [4, killTerraform],
  [1, fillDisk],
  [14, request],
  [3, destroy],
  [2, retry],
  [2, live],
  [8, pass],
  [1, jumpRedis],
  [2, look],
  [2, lookThrough],
  [2, lookAfter],
  [2, hear],
  [2, killWorker],
  [1, freeze],
  [5, overtake],
  [4, wake],
  [1, stop],
  [4, startWorker],
  [1, cutPower],
  [1, loseJob],
  [2, stallJob],
  [3, promoteJob],
  [1, vanish],
];

/** A walk’s steps; `replayPath` is what fast-check prints beside a failing walk. */
export const walk = (most: number, replayPath?: string): fc.Arbitrary<Iterable<Step>> =>
  fc.commands(
    STEPS.flatMap(([weight, arbitrary]) => Array.from({ length: weight }, () => arbitrary)),
    { maxCommands: most, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) },
  );
