/** What a worker looks after on its own machine, again and again: what dead workers left in its data directory, and old logs. */
import type { App } from '../src/app.js';
import { endOldLogs } from '../src/operations/housekeeping.js';
import type { Recovery } from '../src/operations/recover.js';

/** How often leftovers are looked for. */
const LEFTOVERS_MS = 5_000;
/** How often old logs are ended. */
const LOGS_MS = 10 * 60_000;

export function lookAfterLeftovers(
  { config, directories, log }: Pick<App, 'config' | 'directories' | 'log'>,
  recovery: Recovery,
): { stop(): Promise<void> } {
  let endedLogsAt = Number.NEGATIVE_INFINITY;
  const once = async (): Promise<void> => {
    await recovery.all();
    if (performance.now() - endedLogsAt < LOGS_MS) return;
    endedLogsAt = performance.now();
    await endOldLogs({ logsRoot: directories.logs, logsMs: config.retention.logsMs, now: Date.now });
  };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();
  const turn = (): void => {
    current = once()
      .catch((error: unknown) =>
        log.warn({ error: String(error) }, 'leftovers not looked after; tried again'),
      )
      .finally(() => {
        if (!stopped) timer = setTimeout(turn, LEFTOVERS_MS);
      });
  };
  turn();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
      await recovery.idle();
    },
  };
}
