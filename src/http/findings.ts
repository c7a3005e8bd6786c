/** What a look at the fleet would find. A look goes through every rule, so it is shown again for a while, and never made twice at once. */
import type { Findings } from './schemas/reconcile.js';

export interface FindingsParts {
  /** Finds, and touches nothing. */
  readonly look: () => Promise<Pick<Findings, 'findings' | 'failures' | 'inventories'>>;
  readonly keptMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** As the job of a look keeps them. */
const MOST = 500;

export function createFindings({ look, keptMs, now }: FindingsParts): () => Promise<Findings> {
  let shown: Promise<Findings> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const lookNow = async (): Promise<Findings> => {
    const { findings, failures, inventories } = await look();
    const more = findings.length > MOST;
    return { lookedAt: now(), findings: findings.slice(0, MOST), more, failures, inventories };
  };
  return () => {
    if (shown !== undefined && now() - lookedAt < keptMs) return shown;
    lookedAt = now();
    const looking = lookNow();
    shown = looking;
    looking.catch(() => {
      if (shown === looking) shown = undefined;
    });
    return looking;
  };
}
