/**
 * After the storm: the faults end, whoever was frozen wakes, every host has a worker again, and the fleet is left alone. It must come
 * to rest by itself, in a bounded number of looks of the reconciler, with every node where it was asked to be. Then every node is
 * asked to be gone, and must be, and after the time of the tombstones nothing must remain.
 */
import type { Redis } from 'ioredis';
import { KEY_PREFIX } from '../../src/node/keys.js';
import { INVARIANTS_OF_THE_END, nothingUnfinished } from './invariants.js';
import { MINUTE, SECOND, TOMBSTONES_MS } from './settings.js';
import { Violation, type World } from './world.js';

/** Looks of the reconciler until the fleet must be at rest. */
const MOST_LOOKS = 400;
/** What one look and everything that it starts may take. */
const MOST_STEPS = 5_000;
/** Between two looks, at most. */
const LOOK_EVERY_MS = 25 * SECOND;
/** So long nothing may change until it counts as rest: longer than every wait of the product. */
const REST_MS = 5 * MINUTE;

/** Throws Violation. */
export async function healAndRest(world: World): Promise<void> {
  world.ahead.clear();
  for (const worker of world.livingWorkers) worker.process.wake();
  world.time.agree();
  world.time.fireDue();
  await world.settle('every process wakes');
  await comeToRest(world, 'the storm is over');
  await retryFailedCreates(world);
  await judge(world, 'the fleet has come to rest');
}

/** What a fleet of no nodes keeps. */
const OF_THE_FLEET: readonly string[] = ['sequence', 'events', 'fleet', 'looks', 'state-times'].map(
  (name) => KEY_PREFIX + name,
);

/** Throws Violation. */
export async function destroyEverything(world: World, redis: Redis): Promise<void> {
  for (const id of world.nodeIds) {
    world.ask((client) => client.requestDestruction(id, { actor: 'operator' }));
    await drain(world);
  }
  await comeToRest(world, 'every node is asked to be gone');
  await judge(world, 'every node was asked to be gone');
  const exists = world.cloud.things.map(({ id, nodeId }) => `${id} of ${nodeId}`);
  if (exists.length > 0) throw violation('nothingLeft', exists, 'every node is gone');
  world.time.pass(TOMBSTONES_MS + SECOND);
  await look(world);
  const keys = (await redis.keys(`${KEY_PREFIX}*`)).filter((key) => !OF_THE_FLEET.includes(key));
  if (keys.length > 0) throw violation('nothingLeft', keys, 'every tombstone is gone');
}

/** Where the fault was the cloud’s, an operator asks once more; there is no fault any more. */
async function retryFailedCreates(world: World): Promise<void> {
  const failed = [...world.reference.nodes].filter(
    ([, { model, wanted }]) => wanted === 'there' && model.state === 'FAILED' && model.failedIn === 'create',
  );
  if (failed.length === 0) return;
  for (const [id] of failed) {
    world.ask((client) => client.retry(id));
    await drain(world);
  }
  await comeToRest(world, 'failed creates are tried again');
}

async function comeToRest(world: World, why: string): Promise<void> {
  let quietSince = world.time.now;
  for (let looks = 0; world.time.now - quietSince < REST_MS; looks += 1) {
    if (looks >= MOST_LOOKS) {
      const unfinished = nothingUnfinished(await world.moment());
      const states = [...world.reference.nodes].map(([id, { model }]) => `${id} is ${model.state}`);
      throw violation('everyNodeWhereItWasAsked', [...states, ...unfinished], `${why}: ${looks} looks`);
    }
    for (const host of world.hosts) {
      const alive = world.livingWorkers.some((worker) => worker.host === host);
      if (!alive) world.startWorker(host);
    }
    await drain(world);
    const before = fingerprint(world);
    for (const worker of world.livingWorkers) worker.lookAfterLeftovers();
    await look(world);
    const wait = Math.min(LOOK_EVERY_MS, world.time.untilNext() ?? LOOK_EVERY_MS, untilQueue(world));
    world.time.pass(Math.max(wait, 5 * SECOND));
    await world.settle('time passes');
    await drain(world);
    if (fingerprint(world) !== before) quietSince = world.time.now;
  }
}

const untilQueue = ({ queue, time }: World): number =>
  queue.nextAt === undefined ? LOOK_EVERY_MS : Math.max(0, queue.nextAt - time.now);

async function look(world: World): Promise<void> {
  world.livingWorkers.find(({ ready }) => ready)?.look();
  await drain(world);
}

/** Everything that can happen without time passing happens, and goes well. */
async function drain(world: World): Promise<void> {
  for (let steps = 0; ; steps += 1) {
    if (steps > MOST_STEPS) throw violation('everyNodeWhereItWasAsked', ['it goes on for ever'], 'a look');
    const what = await world.proceed(0);
    if (what === undefined) return world.judge('all is done');
    await world.settle(what);
  }
}

/** What rest means: this stays as it is. */
function fingerprint({ reference, cloud, hosts, queue }: World): string {
  const nodes = [...reference.nodes].map(
    ([id, { model }]) => `${id} ${model.state} ${model.epoch} ${model.events}`,
  );
  const things = cloud.things.map(({ id }) => id);
  const runs = hosts.flatMap(({ runs: living }) => living.map(({ meta }) => meta.runId));
  const jobs = queue.jobs
    .filter(({ state }) => state !== 'completed' && state !== 'failed')
    .map(({ id }) => id);
  return [...nodes, ...things, ...runs, ...jobs].join('\n');
}

async function judge(world: World, after: string): Promise<void> {
  const moment = await world.moment();
  const broken = new Map<string, readonly string[]>();
  for (const invariant of INVARIANTS_OF_THE_END) {
    const what = invariant(moment);
    if (what.length > 0) broken.set(invariant.name, what);
  }
  if (broken.size > 0) throw new Violation(broken, after);
}

const violation = (invariant: string, what: readonly string[], after: string): Violation =>
  new Violation(new Map([[invariant, what]]), after);
