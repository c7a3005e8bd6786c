/**
 * Where the model stands between a process and everything that others can see: each call of a port waits here until a step
 * lets it through, and the step decides how it goes. Between two gates a process does only what nobody else can notice.
 */
import { NodeyardError } from '../../src/errors.js';
import type { ModelProcess } from './process.js';

/**
 * `refused`: an error, and nothing was done. `lost`: done, and the answer got lost. `twice`: the answer got lost, and the client
 * sent the call again. `dies-before`, `dies-after`: the process is killed over it.
 */
export const MODES = ['answered', 'refused', 'lost', 'twice', 'dies-before', 'dies-after'] as const;
export type Mode = (typeof MODES)[number];

export interface GateKind {
  /** Whether the call may be done twice, as a client does that was cut off. */
  readonly resent: boolean;
  refusal(): Error;
}

export const REDIS: GateKind = {
  resent: true,
  refusal: () => new NodeyardError('REDIS_UNAVAILABLE', 'the connection was cut'),
};
export const NETWORK: GateKind = {
  resent: false,
  refusal: () => new NodeyardError('NETWORK', 'connection reset by peer'),
};

export interface Waiting {
  readonly process: ModelProcess;
  /** `store.begin` */
  readonly call: string;
  /** Sorts and names the call the same way in every repetition. */
  readonly key: string;
  pass(mode: Mode): Promise<void>;
}

export class Gates {
  /** Hears of every call that was let through, before its effect. */
  onPass: (call: string, mode: Mode) => void = () => {};
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  /** Those of processes that are awake, in an order that does not depend on which file was read first. */
  get waiting(): readonly Waiting[] {
    const awake = [...this.#waiting].filter(({ process }) => process.awake);
    return awake.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  drop(process: ModelProcess): void {
    for (const waiting of this.#waiting) if (waiting.process === process) this.#waiting.delete(waiting);
  }

  /** Every method of a port, behind a gate. `port` names it in labels. */
  around<Port extends object>(process: ModelProcess, port: string, target: Port, kind: GateKind): Port {
    return new Proxy(target, {
      get: (_, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.enter(process, `${port}.${String(name)}`, kind, subjectOf(args), async () =>
            Reflect.apply(method, target, args),
          );
      },
    });
  }

  enter<T>(
    process: ModelProcess,
    call: string,
    kind: GateKind,
    subject: string,
    effect: () => Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      // Whoever is dead waits for ever.
      if (process.dead) return;
      this.#order += 1;
      const waiting: Waiting = {
        process,
        call,
        key: `${process.name} ${call} ${subject} ${String(this.#order).padStart(9, '0')}`,
        pass: async (mode) => {
          this.#waiting.delete(waiting);
          this.onPass(call, mode);
          if (mode === 'dies-before') return process.die();
          if (mode === 'refused') return reject(kind.refusal());
          const answer = await attempt(effect);
          if (mode === 'dies-after') return process.die();
          if (mode === 'lost') return reject(kind.refusal());
          const last = mode === 'twice' && kind.resent ? await attempt(effect) : answer;
          if ('error' in last) reject(last.error);
          else resolve(last.value);
        },
      };
      this.#waiting.add(waiting);
    });
  }
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

const attempt = <T>(effect: () => Promise<T>): Promise<Attempt<T>> =>
  effect().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

/** The node that a call speaks of, where it says so in its first argument. */
function subjectOf([first]: readonly unknown[]): string {
  if (typeof first === 'string') return first;
  if (typeof first !== 'object' || first === null) return '';
  const { nodeId, id, epoch } = first as { nodeId?: unknown; id?: unknown; epoch?: unknown };
  return [nodeId ?? id, epoch]
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .join(' ');
}

/** Requests to the file system, as Node names them; `CloseReq` is that of a file handle. */
const FILES = new Set(['FSReqPromise', 'FSReqCallback', 'CloseReq']);

/**
 * Waits until every process has come to a gate, to a timer or to its end: nothing is being read or written, twice in a row,
 * after everything that was ready has run.
 */
export async function standstill(): Promise<void> {
  for (let calm = 0; calm < 2; ) {
    await new Promise((resolve) => setImmediate(resolve));
    calm = process.getActiveResourcesInfo().some((name) => FILES.has(name)) ? 0 : calm + 1;
  }
}
