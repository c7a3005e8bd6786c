/**
 * The time of the model: it stands still until a step lets it pass. Two clocks, as in life: the one that the processes count
 * by never goes back; that of Redis, which leases are counted by, may jump by itself.
 */
import type { Timers } from '../../src/operations/timers.js';

/** Whose timers they are: those of a frozen process do not fire, those of a dead one never will. */
export interface TimerOwner {
  readonly awake: boolean;
  readonly dead: boolean;
}

interface Timer {
  readonly owner: TimerOwner;
  readonly order: number;
  readonly everyMs: number | undefined;
  due: number;
  act(): void;
}

export class ModelTime {
  /** Milliseconds since 1970, never going back. It begins at the real time, which is what files bear. */
  now = Date.now();
  #redisAhead = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  get ofRedis(): number {
    return this.now + this.#redisAhead;
  }

  /** The clock of Redis is set, forward or back, and nobody’s else. */
  jumpRedis(ms: number): void {
    this.#redisAhead += ms;
  }

  /** The clocks are set right: the processes’ catch up with that of Redis, or that one with them. */
  agree(): void {
    const ahead = this.#redisAhead;
    this.#redisAhead = 0;
    if (ahead > 0) this.pass(ahead);
  }

  timersOf(owner: TimerOwner): Timers {
    const set = (ms: number, everyMs: number | undefined, act: () => void): (() => void) => {
      this.#order += 1;
      const timer: Timer = { owner, order: this.#order, everyMs, due: this.now + ms, act };
      this.#timers.add(timer);
      return () => void this.#timers.delete(timer);
    };
    return {
      every: (ms, act) => set(ms, ms, act),
      after: (ms, act) => set(ms, undefined, act),
      wait: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve();
          const cancel = set(ms, undefined, resolve);
          signal.addEventListener('abort', () => {
            cancel();
            resolve();
          });
        }),
    };
  }

  /** Milliseconds until the next timer of anybody who is awake; undefined when there is none. */
  untilNext(): number | undefined {
    const dues = [...this.#timers].filter(({ owner }) => owner.awake).map(({ due }) => due);
    return dues.length === 0 ? undefined : Math.max(0, Math.min(...dues) - this.now);
  }

  pass(ms: number): void {
    this.now += ms;
    this.fireDue();
  }

  /** Also after a frozen process has been woken: what became due meanwhile fires once. */
  fireDue(): void {
    for (const timer of this.#timers) if (timer.owner.dead) this.#timers.delete(timer);
    const due = [...this.#timers]
      .filter((timer) => timer.owner.awake && timer.due <= this.now)
      .sort((a, b) => a.due - b.due || a.order - b.order);
    for (const timer of due) {
      // An earlier one may have ended it, or frozen its owner.
      if (!this.#timers.has(timer) || !timer.owner.awake) continue;
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.due = this.now + timer.everyMs;
      timer.act();
    }
  }
}
