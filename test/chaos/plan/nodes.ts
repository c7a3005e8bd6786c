/** What the producer will ask for: which nodes, when, and what is to become of each. */
import { Dice } from '../dice.js';

export interface PlannedNode {
  readonly id: string;
  /** All times are milliseconds; this one since the attack began. */
  readonly atMs: number;
  /** Of the stack `aws-node`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** `job`: no call of the client, but a BullMQ job that carries the whole request, as any producer may add one. */
  readonly by: 'client' | 'job';
  /** Its destruction is asked for so long after it was first seen in that state; at the end of the attack at the latest. */
  readonly destroy?: {
    readonly once: 'requested' | 'creating' | 'created' | 'end';
    readonly afterMs: number;
    /** Asked for a second time so much later. */
    readonly againAfterMs?: number;
  };
  /** More jobs for the same thing, so long after the first one. */
  readonly moreCreates: readonly number[];
  readonly moreDestroys: readonly number[];
  /** A create that has FAILED is retried after so long. */
  readonly retryAfterMs: number;
}

/** The last request comes at this part of the attack, so that each node has to bear some of it. */
const LAST_REQUEST = 0.75;
const REGIONS = ['eu-central-1', 'us-east-1'];

export function planNodes(seed: string, count: number, attackMs: number): PlannedNode[] {
  const dice = new Dice(seed, 'nodes');
  // Drawn from a bag: a small fleet has one of each fate as well.
  const fates = dice.bag<PlannedNode['destroy'] | undefined>([
    undefined,
    undefined,
    { once: 'created', afterMs: 0 },
    { once: 'created', afterMs: 2_000 },
    { once: 'created', afterMs: 6_000 },
    { once: 'creating', afterMs: 0 },
    { once: 'creating', afterMs: 800 },
    { once: 'requested', afterMs: 0 },
    { once: 'end', afterMs: 0 },
    { once: 'end', afterMs: 0 },
  ]);
  const step = (attackMs * LAST_REQUEST) / count;
  return Array.from({ length: count }, (_, index): PlannedNode => {
    const fate = fates.next().value;
    const atMs = Math.round((index + dice.number()) * step);
    const again = dice.chance(0.3) ? { againAfterMs: dice.between(0, 4_000) } : {};
    return {
      id: `chaos-${String(index + 1).padStart(3, '0')}`,
      atMs,
      inputs: inputsOf(dice),
      by: dice.chance(0.25) ? 'job' : 'client',
      ...(fate === undefined
        ? {}
        : { destroy: { ...fate, afterMs: Math.round(fate.afterMs * (0.5 + dice.number())), ...again } }),
      moreCreates: dice.chance(0.25) ? [dice.between(0, 8_000)] : [],
      moreDestroys: dice.chance(0.25) ? [dice.between(0, 5_000)] : [],
      retryAfterMs: dice.between(500, 5_000),
    };
  });
}

function inputsOf(dice: Dice): PlannedNode['inputs'] {
  const spot = dice.chance(0.2);
  return {
    region: REGIONS[dice.between(0, REGIONS.length - 1)],
    ami: 'ami-0123456789abcdef0',
    instanceType: 'm7g.large',
    ...(dice.chance(0.35) ? { securityGroup: {} } : {}),
    ...(dice.chance(0.3) ? { elasticIp: true } : {}),
    ...(dice.chance(0.3) ? { dataVolumes: [{ device: '/dev/sdf', sizeGiB: 8 }] } : {}),
    ...(spot ? { spot: {} } : {}),
  };
}
