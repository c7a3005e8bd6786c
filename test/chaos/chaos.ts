/**
 * A chaos run, phase by phase: the attack, the healing, the wait for quiet, the end of the workers, the verdict. Quiet is the
 * first moment at which the verdict itself finds nothing wrong: one measure for both.
 */

import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { NodeyardError } from '../../src/errors.js';
import type { NodeEvent } from '../../src/node/record.js';
import { Arena } from './arena.js';
import { type Attacked, attack } from './attack/attacker.js';
import { makeWeather } from './attack/weather.js';
import { writeCasebook } from './casebook.js';
import { allEvents, countUp } from './counts.js';
import { type Evidence, gather } from './evidence.js';
import type { Plan } from './plan.js';
import { Producer } from './producer.js';
import type { Progress } from './progress.js';
import type { Report } from './report.js';
import { judge, numbersOf, RULES, type Violation } from './verdict.js';
import { deadline, insist, wait } from './waiting.js';
import { watchAttack } from './watch.js';

export interface ChaosParts {
  readonly progress: Progress;
  readonly interrupt: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keeps the directory of a run that went well, too. */
  readonly keep: boolean;
}

const LOOK_MS = 1_000;
const READY_MS = 120_000;
/** A worker’s own patience with Terraform and the store, and a little more. */
const STOP_MS = 60_000;

/** The wait for quiet may last so long: what is known to take its time, and for each node its share of the machine. */
const allowedMs = ({ nodes }: Plan): number => 180_000 + nodes * 2_000;

export async function runChaos(plan: Plan, parts: ChaosParts): Promise<Report> {
  const arena = await Arena.open({ ...plan, env: parts.env });
  let keep = parts.keep;
  try {
    const run = new ChaosRun(plan, arena, parts);
    const report = await run.run();
    keep ||= !report.ok;
    if (keep) arena.rescue();
    return { ...report, ...(keep ? { kept: arena.home } : {}) };
  } catch (error) {
    keep ||= !parts.interrupt.aborted;
    if (keep) parts.progress.say(`kept: ${arena.home}`);
    throw error;
  } finally {
    await arena.close({ keep });
  }
}

class ChaosRun {
  readonly #plan: Plan;
  readonly #arena: Arena;
  readonly #parts: ChaosParts;
  readonly #producer: Producer;
  readonly #attacked: Attacked[] = [];
  readonly #quarantined = new Set<string>();
  readonly #startedAt = performance.now();

  constructor(plan: Plan, arena: Arena, parts: ChaosParts) {
    this.#plan = plan;
    this.#arena = arena;
    this.#parts = parts;
    const { app, queues } = arena;
    this.#producer = new Producer({ client: app.client, tail: app.tail, queues }, parts.interrupt);
  }

  async run(): Promise<Omit<Report, 'kept'>> {
    const { fleet } = this.#arena;
    const { interrupt, progress } = this.#parts;
    fleet.start();
    const ready = await fleet.ready(deadline(READY_MS, interrupt));
    interrupt.throwIfAborted();
    if (!ready) throw new Error(`the workers are not ready: see ${join(this.#arena.home, 'logs')}`);
    await this.#attack();
    const healedAt = performance.now();
    progress.say('healed: no faults, no attacks, everything is started again');
    await this.#producer.finish(this.#plan.requests);
    interrupt.throwIfAborted();
    const quiet = await this.#untilQuiet();
    const secondsToQuiet = (performance.now() - healedAt) / 1000;
    const violations = quiet ? [] : await this.#look();
    const events = await allEvents(this.#arena.app.store);
    if (violations.length > 0) await this.#writeDown(violations, events);
    progress.say('ending the workers');
    const killedAtTheEnd = await fleet.stop(STOP_MS);
    const left = [...violations, ...(quiet ? await this.#look() : [])];
    if (quiet && left.length > 0) await this.#writeDown(left, events);
    progress.end();
    return this.#report(left, events, { ...(quiet ? { secondsToQuiet } : {}), killedAtTheEnd });
  }

  /** Returns when the attack is over, and everything is undone and started again. */
  async #attack(): Promise<void> {
    const [plan, arena] = [this.#plan, this.#arena];
    const { interrupt, progress } = this.#parts;
    const ending = deadline(plan.attackMs, interrupt);
    setMaxListeners(0, ending);
    const onAttacked = (attacked: Attacked): void => void this.#attacked.push(attacked);
    await Promise.all([
      attack({ scene: arena, attacks: plan.attacks, ending, onAttacked }),
      makeWeather(arena.cloud, plan, ending),
      this.#producer.produce(plan.requests, ending),
      watchAttack({ arena, attacked: this.#attacked, quarantined: this.#quarantined, progress }, ending),
      wait(plan.attackMs, ending),
    ]);
    interrupt.throwIfAborted();
  }

  async #untilQuiet(): Promise<boolean> {
    const { interrupt, progress } = this.#parts;
    const quiet = new AbortController();
    const ending = deadline(allowedMs(this.#plan), quiet.signal, interrupt);
    const retrying = this.#producer.retryFailed(ending);
    try {
      while (!ending.aborted) {
        const violations = await this.#look();
        if (violations.length === 0) return true;
        progress.show(`waiting for quiet: ${brief(violations)}`);
        await wait(LOOK_MS, ending);
      }
      interrupt.throwIfAborted();
      return false;
    } finally {
      quiet.abort();
      await retrying;
    }
  }

  async #look(): Promise<readonly Violation[]> {
    const evidence = await this.#evidence();
    for (const entry of evidence.quarantines) this.#quarantined.add(entry);
    return judge(evidence);
  }

  async #evidence(): Promise<Evidence> {
    const { app, cloud, dataDirs, home } = this.#arena;
    const forgive = (error: unknown): boolean =>
      error instanceof NodeyardError && error.code === 'REDIS_UNAVAILABLE';
    const seen = await insist(() => gather({ app, cloud, dataDirs, home, asked: this.#producer.asked }), {
      signal: this.#parts.interrupt,
      forgive,
    });
    if (seen === undefined) throw new Error('interrupted');
    return seen;
  }

  #writeDown(violations: readonly Violation[], events: readonly NodeEvent[]): Promise<void> {
    const { arena, attacked, progress } = { ...this.#parts, arena: this.#arena, attacked: this.#attacked };
    return writeCasebook({ arena, violations, events, attacked, progress });
  }

  #report(
    violations: readonly Violation[],
    events: readonly NodeEvent[],
    end: Pick<Report, 'killedAtTheEnd' | 'secondsToQuiet'>,
  ): Omit<Report, 'kept'> {
    const { seed, nodes, minutes, workers } = this.#plan;
    const { fleet, cloud, disks } = this.#arena;
    const asked = [...this.#producer.asked.values()];
    const problem = disks.find((disk) => disk.problem !== undefined)?.problem;
    return {
      seed,
      nodes,
      minutes,
      workers,
      ok: violations.length === 0,
      numbers: numbersOf(violations),
      violations,
      counts: countUp({
        attacked: this.#attacked,
        calls: cloud.calls(),
        events,
        quarantined: this.#quarantined,
      }),
      asked: {
        life: asked.filter((one) => one === 'life').length,
        destruction: asked.filter((one) => one === 'destruction').length,
      },
      retries: this.#producer.retries,
      duplicates: this.#producer.duplicates,
      ...(problem === undefined ? {} : { diskProblem: problem }),
      endedByThemselves: fleet.workers.reduce((sum, { endedByItself }) => sum + endedByItself, 0),
      secondsAllowed: allowedMs(this.#plan) / 1000,
      secondsInAll: (performance.now() - this.#startedAt) / 1000,
      ...end,
    };
  }
}

function brief(violations: readonly Violation[]): string {
  const numbers = Object.entries(numbersOf(violations)).filter(([, number]) => number > 0);
  return numbers.map(([rule, number]) => `${RULES[rule as keyof typeof RULES]} ${number}`).join(', ');
}
