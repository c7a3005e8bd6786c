/**
 * How much memory a run needs: Terraform and its providers together. Nothing tells it afterwards (a shell cannot ask what its
 * children used, and a control group of one’s own takes rights), so it is looked at while they live, on Linux: the kernel
 * keeps the highest resident size of every process (VmHWM), and each look adds those of all that live. What is told is the
 * largest of these sums. It may be too large, where two had their highest at different times, and too small by what was
 * needed after the last look.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** How often is looked; besides at messages, the last of which comes shortly before the end. */
const LOOK_MS = 1_000;
/** A look reads some files of /proc for each process: not more often than this, however much Terraform says. */
const LEAST_MS = 200;
/** More processes than any run has. */
const MOST = 256;

export class PeakMemory {
  readonly #guard: number | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #bytes: number | undefined;

  /** `guard`: whose descendants are looked at, and which itself is not counted. */
  constructor(guard: number | undefined) {
    if (process.platform !== 'linux') return;
    this.#guard = guard;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Undefined where nothing could be seen, also because the run was over too soon. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  look(): void {
    const now = performance.now();
    if (this.#guard === undefined || now - this.#lookedAt < LEAST_MS) return;
    this.#lookedAt = now;
    const sum = descendantsOf(this.#guard).reduce((bytes, pid) => bytes + peakOf(pid), 0);
    if (sum > (this.#bytes ?? 0)) this.#bytes = sum;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

function descendantsOf(root: number): readonly number[] {
  const found: number[] = [];
  for (let open = [root]; open.length > 0 && found.length < MOST; ) {
    open = open.flatMap(childrenOf);
    found.push(...open);
  }
  return found;
}

/** Each thread has its own; one that has ended meanwhile has none. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Bytes; 0 of one that has ended, and of the shell that the watcher of the guard is. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    if (/^Name:\s*sh$/m.test(status)) return 0;
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
