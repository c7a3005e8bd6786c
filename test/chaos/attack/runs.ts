/** Terraform, its guard shells and its providers are killed or frozen, in the middle of what they do. */
import type { PlannedAttack } from '../plan/attacks.js';
import { type RunProcess, runProcesses, signalProcess } from '../processes.js';
import { wait } from '../waiting.js';
import type { PlannedOn, Strike } from './scene.js';

/** Runs last seconds: the moment of the plan may fall between two. */
const PATIENCE_MS = 3_000;
const LOOK_MS = 20;

export const strikeRun: Strike<PlannedOn<'terraform' | 'guard' | 'provider'>> = async (
  { home },
  attack,
  ending,
) => {
  const target = await find(home, attack, ending);
  if (target === undefined) return undefined;
  const hit = signalProcess(target, attack.how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  if (!hit) return undefined;
  const over = attack.how === 'kill' ? Promise.resolve() : thaw(target, attack.forMs, ending);
  return { whom: `${attack.on} ${target.pid}`, over };
};

async function find(
  home: string,
  { on, pick }: Pick<PlannedAttack, 'on' | 'pick'>,
  ending: AbortSignal,
): Promise<RunProcess | undefined> {
  const deadline = performance.now() + PATIENCE_MS;
  do {
    const there = runProcesses(home).filter(({ kind }) => kind === on);
    if (there.length > 0) return there[Math.floor(pick * there.length)];
  } while (performance.now() < deadline && (await wait(LOOK_MS, ending)));
  return undefined;
}

async function thaw(target: RunProcess, forMs: number, ending: AbortSignal): Promise<void> {
  await wait(forMs, ending);
  signalProcess(target, 'SIGCONT');
}
