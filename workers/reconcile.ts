/** Consumes nodeyard-reconcile: the scheduled look at the fleet. */
import type { App } from '../src/app.js';
import type { StackInventories } from '../src/fleet/inventories.js';
import type { CleanUps } from '../src/fleet/reconcile/context.js';
import { reconcileParts } from '../src/fleet/reconcile/parts.js';
import { type ReconcileReport, reconcile } from '../src/fleet/reconcile.js';
import { type Looking, startLooking } from './look.js';

/** Findings that the job keeps for people to look at. */
const KEPT_FINDINGS = 500;

/** `looked` hears of every look; undefined where it failed as a whole. */
export function startReconciling(
  app: App,
  inventories: StackInventories,
  cleanUps: CleanUps,
  looked: (report: ReconcileReport | undefined) => void = () => undefined,
): Promise<Looking> {
  const parts = reconcileParts(app, inventories, cleanUps);
  return startLooking(app, {
    name: 'reconcile',
    intervalMs: app.config.reconcile.intervalMs,
    async look(signal) {
      try {
        const report = await reconcile(parts, { signal });
        looked(report);
        return report;
      } catch (error) {
        looked(undefined);
        throw error;
      }
    },
    kept: (report) => ({ ...report, findings: report.findings.slice(0, KEPT_FINDINGS) }),
  });
}
