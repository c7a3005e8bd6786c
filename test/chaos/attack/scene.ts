/** What the attacks attack, and the form of one. */
import type { Redis } from 'ioredis';
import type { TestRedis } from '../../support/redis.js';
import type { SmallDisk } from '../disk.js';
import type { Fleet } from '../fleet.js';
import type { PlannedAttack } from '../plan/attacks.js';

export interface Scene {
  readonly home: string;
  readonly fleet: Fleet;
  readonly redis: TestRedis;
  /** A connection of the attacker’s own. */
  readonly connection: Redis;
  readonly disks: readonly SmallDisk[];
}

export type PlannedOn<On extends PlannedAttack['on']> = Extract<PlannedAttack, { readonly on: On }>;

/**
 * Does it, and undoes it when its time is over or the attack as a whole ends. Answers whom it hit, or undefined when there
 * was nothing to hit.
 */
export type Strike<A> = (scene: Scene, attack: A, ending: AbortSignal) => Promise<Hit | undefined>;

export interface Hit {
  /** For the record: `w2`, `terraform 4711`. */
  readonly whom: string;
  /** The undoing. */
  readonly over: Promise<void>;
}
