/** Lets the planned weather come and go over the cloud. */
import type { SimulatedCloud } from '../../simcloud/cloud/cloud.js';
import type { PlannedWeather } from '../plan/weather.js';
import { wait } from '../waiting.js';

/** Returns with fair weather, at the end of the last window or when the attack ends. */
export async function makeWeather(
  cloud: SimulatedCloud,
  { seed, weather }: { readonly seed: string; readonly weather: readonly PlannedWeather[] },
  ending: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  try {
    for (const { atMs, forMs, faults } of weather) {
      if (!(await wait(atMs - (performance.now() - startedAt), ending))) return;
      cloud.inject(faults, `${seed}/${atMs}`);
      await wait(forMs, ending);
      cloud.inject([]);
    }
  } finally {
    cloud.inject([]);
  }
}
