/**
 * The reconciler: one look at the whole fleet, rule by rule, deletes before creates. Any number of workers may do it at
 * once and nothing happens twice, because every act is a compare-and-set; that one does it at a time only saves work.
 */
import type { AskedPlace, ReconcileContext, ReconcileParts } from './reconcile/context.js';
import { expiredCommands } from './reconcile/expired-commands.js';
import { failedDestroys } from './reconcile/failed-destroys.js';
import { housekeeping } from './reconcile/housekeeping.js';
import { orphans } from './reconcile/orphans.js';
import { quarantine } from './reconcile/quarantine.js';
import type { Finding, Found, Rule, RuleName } from './reconcile/rule.js';
import { silence } from './reconcile/silence.js';
import { stranded } from './reconcile/stranded.js';
import { timeLimits } from './reconcile/time-limits.js';
import { ttl } from './reconcile/ttl.js';
import { vanished } from './reconcile/vanished.js';

const RULES: readonly Rule[] = [
  failedDestroys,
  ttl,
  quarantine,
  orphans,
  vanished,
  silence,
  timeLimits,
  stranded,
  expiredCommands,
  housekeeping,
];

export interface ReconcileOptions {
  /** Only finds. */
  readonly dryRun?: boolean;
  /** Ends the look between two acts. */
  readonly signal?: AbortSignal;
}

export interface Reconciled {
  readonly rule: RuleName;
  readonly nodeId?: string;
  readonly action: string;
  readonly reason: string;
  /** `found`: nothing was done; `passed`: it was not so any more, or waits its turn; `failed`: tried again next time. */
  readonly outcome: 'found' | 'done' | 'passed' | 'failed';
}

export interface ReconcileReport {
  readonly findings: readonly Reconciled[];
  /** Rules that could not look. */
  readonly failures: readonly { readonly rule: RuleName; readonly message: string }[];
  /** The places whose turn it was to be asked what exists. */
  readonly inventories: readonly AskedPlace[];
}

export async function reconcile(
  parts: ReconcileParts,
  { dryRun = false, signal }: ReconcileOptions = {},
): Promise<ReconcileReport> {
  if (!dryRun) await parts.memory.note();
  const { asked, listings } = await parts.inventories.list();
  const context: ReconcileContext = { ...parts, listings };
  const stopped = (): boolean => signal?.aborted === true;
  const findings: Reconciled[] = [];
  const failures: { rule: RuleName; message: string }[] = [];
  for (const rule of RULES) {
    if (stopped()) break;
    try {
      for (const found of await rule.look(context)) {
        if (stopped()) break;
        const outcome = dryRun ? 'found' : await act(context, found);
        // A look may take long, and somebody looks all the while.
        if (!dryRun) await parts.memory.note();
        if (found.finding.routine !== true) findings.push(told(found.finding, outcome));
      }
    } catch (error) {
      // One rule that cannot look must not keep the others from it.
      context.log.warn({ rule: rule.name, error: String(error) }, 'rule failed; tried again');
      failures.push({ rule: rule.name, message: String(error) });
    }
  }
  return { findings, failures, inventories: asked };
}

async function act({ log }: ReconcileContext, { finding, act }: Found): Promise<Reconciled['outcome']> {
  const { rule, nodeId, action } = finding;
  try {
    return await act();
  } catch (error) {
    log.warn({ rule, nodeId, action, error: String(error) }, 'not reconciled; tried again');
    return 'failed';
  }
}

const told = ({ rule, nodeId, action, reason }: Finding, outcome: Reconciled['outcome']): Reconciled => ({
  rule,
  ...(nodeId === undefined ? {} : { nodeId }),
  action,
  reason,
  outcome,
});
