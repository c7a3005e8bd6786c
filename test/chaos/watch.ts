/** Looks on while the attack lasts: tells where the fleet stands, and remembers what comes and goes. */
import type { Arena } from './arena.js';
import type { Attacked } from './attack/attacker.js';
import type { Progress } from './progress.js';
import { wait } from './waiting.js';

export interface Watch {
  readonly arena: Pick<Arena, 'app' | 'fleet' | 'cloud'>;
  readonly attacked: readonly Attacked[];
  /** Takes `node@epoch` of every quarantine that is seen. */
  readonly quarantined: Set<string>;
  readonly progress: Progress;
}

const LOOK_MS = 1_000;

export async function watchAttack(
  { arena, attacked, quarantined, progress }: Watch,
  ending: AbortSignal,
): Promise<void> {
  const { app, fleet, cloud } = arena;
  const startedAt = performance.now();
  while (await wait(LOOK_MS, ending)) {
    try {
      for (const { nodeId, epoch } of await app.states.quarantined()) quarantined.add(`${nodeId}@${epoch}`);
      const states = Object.entries(await app.store.counts()).filter(([, count]) => count > 0);
      const nodes = states.map(([state, count]) => `${count} ${state}`).join(', ') || 'no nodes';
      const up = fleet.workers.filter((worker) => worker.up).length;
      const workers = `${up} of ${fleet.workers.length} workers up`;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      const done = `${attacked.length} attacks, ${cloud.calls().length} calls`;
      progress.show(`attack, ${seconds} s: ${nodes}; ${workers}, ${done}`);
    } catch {
      progress.show('attack: Redis does not answer');
    }
  }
}
