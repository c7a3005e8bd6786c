/** One node as the design describes it, in memory: what the store is compared with, step by step. */
import { type Actor, type NodeState, type Operation, TRANSITIONS } from '../../src/node/lifecycle.js';
import type { Failure } from '../../src/node/record.js';
import type { Accounting } from '../../src/store/store.js';

type Verdict = 'done' | 'unchanged' | 'wrong-state' | 'stale-epoch' | 'lease-held';

export class NodeModel {
  state: NodeState = 'REQUESTED';
  epoch = 0;
  attempts = 0;
  createSucceeded = false;
  doomed = false;
  retryRequested = false;
  failedIn: Failure['operation'] | undefined;
  holder: string | undefined;
  leaseEnd = 0;
  accounted = 0;
  /** A run has ended since the present one began, which therefore may not say that all is known. */
  lateEnd = false;
  runEndedAt: number | undefined;
  /** Events so far; the first says that the node was asked for. */
  events = 1;

  leaseAlive(now: number): boolean {
    return this.holder !== undefined && this.leaseEnd > now;
  }

  /** A job or a run should be at it, and no run is. */
  stranded(now: number): boolean {
    const driven = ['REQUESTED', 'CREATING', 'DESTRUCTION_REQUESTED', 'DESTROYING'].includes(this.state);
    return (driven || this.retryRequested) && !this.leaseAlive(now);
  }

  begin(now: number, operation: Operation, holder: string, leaseMs: number): Verdict {
    const [from, to] =
      operation === 'create'
        ? (['REQUESTED', 'CREATING'] as const)
        : (['DESTRUCTION_REQUESTED', 'DESTROYING'] as const);
    const retry = operation === 'create' && this.failedIn === 'create' && this.retryRequested;
    if (this.state !== from && this.state !== to && !retry) return 'wrong-state';
    if (this.leaseAlive(now) && this.holder !== holder) return 'lease-held';
    const sameRun = this.state === to && this.holder === holder;
    if (!sameRun && this.holder !== undefined) this.runEndedAt = this.leaseEnd;
    this.holder = holder;
    this.leaseEnd = now + leaseMs;
    if (sameRun) return 'done';
    this.lateEnd = false;
    this.epoch += 1;
    this.events += 1;
    if (this.state !== to) this.#enter(to);
    return 'done';
  }

  renew(now: number, epoch: number, holder: string, leaseMs: number): boolean {
    if (epoch !== this.epoch || holder !== this.holder) return false;
    this.leaseEnd = now + leaseMs;
    return true;
  }

  release(now: number, epoch: number, holder: string, made: Accounting): boolean {
    if (epoch !== this.epoch || holder !== this.holder) {
      if (this.state === 'DESTROYED') return false;
      this.accounted = Math.max(0, Math.min(this.accounted, epoch - 1, this.epoch - 1));
      this.lateEnd = true;
      return false;
    }
    if (!this.lateEnd) {
      const earlier = made.earlier === true || this.accounted >= epoch - 1;
      if (earlier) this.accounted = Math.max(this.accounted, made.own === true ? epoch : epoch - 1);
    }
    this.runEndedAt = now;
    this.#dropLease();
    return true;
  }

  patch(epoch: number, attempts: number): boolean {
    if (epoch !== this.epoch || this.state === 'DESTROYED') return false;
    this.attempts = attempts;
    return true;
  }

  requestRetry(): Verdict {
    if (this.state !== 'FAILED' || this.failedIn !== 'create') return 'wrong-state';
    if (this.retryRequested) return 'unchanged';
    this.retryRequested = true;
    this.attempts = 0;
    this.events += 1;
    return 'done';
  }

  transition(
    to: NodeState,
    actor: Actor,
    epoch: number | undefined,
    failedIn: Failure['operation'],
    expected?: readonly NodeState[],
  ): Verdict {
    if (epoch !== undefined && epoch !== this.epoch) return 'stale-epoch';
    const rows = TRANSITIONS.filter((row) => row.to === to && row.by.includes(actor));
    if (rows.length > 0) {
      if (epoch !== undefined && this.state === to) return 'unchanged';
      const destroying = this.state === 'DESTRUCTION_REQUESTED' || this.state === 'DESTROYING';
      if (to === 'DESTRUCTION_REQUESTED' && destroying) return 'unchanged';
    }
    const row = rows.find(({ from }) => from === this.state);
    if (row === undefined || expected?.includes(this.state) === false) return 'wrong-state';
    if (row.condition === 'create-failed' && this.failedIn !== 'create') return 'wrong-state';
    if (row.condition === 'reinstatable' && (!this.createSucceeded || this.doomed)) return 'wrong-state';
    this.#enter(to);
    this.events += 1;
    if (to === 'FAILED') this.failedIn = failedIn;
    if (to === 'CREATED') this.createSucceeded = true;
    if (to === 'DESTRUCTION_REQUESTED') {
      this.attempts = 0;
      this.doomed = true;
    }
    if (to === 'DESTROYED') this.#dropLease();
    return 'done';
  }

  #enter(state: NodeState): void {
    this.state = state;
    this.failedIn = undefined;
    this.retryRequested = false;
  }

  #dropLease(): void {
    this.holder = undefined;
    this.leaseEnd = 0;
  }
}
