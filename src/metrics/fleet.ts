/** What the whole fleet shares, from Redis to the instruments: asked for at the moment of a scrape, at a bounded cost. */
import { OPERATIONS } from '../node/lifecycle.js';
import type { JobQueues } from '../queue/jobs.js';
import type { Quarantine } from '../state/quarantine.js';
import type { NodeStore } from '../store/store.js';
import { FLEET_METRICS, type MetricName } from './definitions.js';
import type { Instruments } from './instruments.js';

export interface FleetSource {
  readonly store: Pick<NodeStore, 'counts' | 'ages' | 'stateTimes' | 'failedDestroys'>;
  readonly quarantine: Pick<Quarantine, 'count'>;
  readonly queues: Pick<JobQueues, 'standings' | 'waitingSince'>;
}

/** The label `than`, and its time. */
const AGES = { '1m': 60_000, '10m': 600_000, '1h': 3_600_000, '6h': 21_600_000, '1d': 86_400_000 } as const;

export type FleetValues = Awaited<ReturnType<typeof readFleet>>;

/** `now`: milliseconds since 1970. Throws where Redis is away. */
export async function readFleet({ store, quarantine, queues }: FleetSource, now: () => number) {
  const [counts, ages, times, failed, quarantined, standings, since] = await Promise.all([
    store.counts(),
    store.ages(Object.values(AGES)),
    store.stateTimes(),
    store.failedDestroys(),
    quarantine.count(),
    queues.standings(),
    Promise.all(OPERATIONS.map((operation) => queues.waitingSince(operation))),
  ]);
  const waits = OPERATIONS.map((queue, i) => {
    const from = since[i];
    // The clocks of producers are not ours.
    return { queue, ms: from === undefined ? 0 : Math.max(0, now() - from) };
  });
  return { counts, ages, times, failed, quarantined, standings, waits };
}

/** Without values, as while Redis is away, they are left out: old ones would be taken for new ones. */
export function showFleet(instruments: Instruments, fleet: FleetValues | undefined): void {
  instruments.set('nodeyard_store_up', fleet === undefined ? 0 : 1);
  for (const name of Object.keys(FLEET_METRICS)) instruments.clear(name as MetricName);
  if (fleet === undefined) return;
  const { counts, ages, times, failed, quarantined, standings, waits } = fleet;
  for (const [state, count] of Object.entries(counts)) instruments.set('nodeyard_nodes', count, { state });
  for (const [state, { oldestMs, older }] of ages) {
    instruments.set('nodeyard_nodes_oldest_age_seconds', oldestMs / 1_000, { state });
    for (const [i, than] of Object.keys(AGES).entries())
      instruments.set('nodeyard_nodes_older', older[i] ?? 0, { state, than });
  }
  for (const [state, { count, sumMs, within }] of Object.entries(times))
    instruments.show(
      'nodeyard_node_state_duration_seconds',
      { count, sum: sumMs / 1_000, within },
      { state },
    );
  for (const { name: queue, paused, waiting, delayed, active, failed: lost } of standings) {
    for (const [standing, count] of Object.entries({ waiting, delayed, active, failed: lost }))
      instruments.set('nodeyard_queue_jobs', count, { queue, standing });
    instruments.set('nodeyard_queue_paused', paused ? 1 : 0, { queue });
  }
  for (const { queue, ms } of waits)
    instruments.set('nodeyard_queue_oldest_waiting_age_seconds', ms / 1_000, { queue });
  instruments.set('nodeyard_failed_destroys', failed.count);
  instruments.set('nodeyard_failed_destroys_oldest_age_seconds', failed.oldestMs / 1_000);
  instruments.set('nodeyard_failed_destroys_most_failures', failed.mostFailures);
  instruments.set('nodeyard_quarantined_states', quarantined);
}
