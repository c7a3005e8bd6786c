/** Carries the planned attacks out, each at its time, and has undone all of them when the attack ends. */
import { assertNever } from '../../../src/errors.js';
import type { PlannedAttack } from '../plan/attacks.js';
import { wait } from '../waiting.js';
import { strikeConnections } from './connections.js';
import { strikeDisk } from './disk.js';
import { strikeRedis } from './redis.js';
import { strikeRun } from './runs.js';
import type { Hit, Scene } from './scene.js';
import { strikeWorker } from './workers.js';

/** What became of one. */
export interface Attacked {
  /** `worker kill` */
  readonly kind: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly forMs: number;
  /** Absent when there was nothing to hit. */
  readonly whom?: string;
}

export interface AttackRequest {
  readonly scene: Scene;
  readonly attacks: readonly PlannedAttack[];
  /** Ends the attack: what was done is undone at once. */
  readonly ending: AbortSignal;
  readonly onAttacked: (attacked: Attacked) => void;
}

/** Returns when everything is undone. Throws what went wrong in an attack itself. */
export async function attack({ scene, attacks, ending, onAttacked }: AttackRequest): Promise<void> {
  const startedAt = performance.now();
  const carryOut = async (planned: PlannedAttack): Promise<void> => {
    if (!(await wait(planned.atMs - (performance.now() - startedAt), ending))) return;
    const at = Date.now();
    const hit = await strike(scene, planned, ending);
    const kind = `${planned.on} ${planned.how}`;
    onAttacked({ kind, at, forMs: planned.forMs, ...(hit === undefined ? {} : { whom: hit.whom }) });
    await hit?.over;
  };
  await Promise.all(attacks.map(carryOut));
}

function strike(scene: Scene, planned: PlannedAttack, ending: AbortSignal): Promise<Hit | undefined> {
  switch (planned.on) {
    case 'worker':
      return strikeWorker(scene, planned, ending);
    case 'terraform':
    case 'guard':
    case 'provider':
      return strikeRun(scene, planned, ending);
    case 'redis':
      return strikeRedis(scene, planned, ending);
    case 'connections':
      return strikeConnections(scene, planned, ending);
    case 'disk':
      return strikeDisk(scene, planned, ending);
    default:
      return assertNever(planned);
  }
}
