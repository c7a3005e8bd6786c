/** The runs of the machine of an API, and what Terraform said in them. */
import type { NodeyardApi } from '../../remote/connect.js';
import type { FleetRuns, Said } from './fleet.js';

const MOST = 1_000;

export function remoteRuns({ runs }: NodeyardApi, url: string): FleetRuns {
  return {
    whyNone: (had) =>
      `on the machine of ${url}: its ${had === 1 ? 'run was' : 'runs were'} on another one, or the logs have aged out`,
    elsewhere: () =>
      'Ask the API on the machine of the worker that ran it, or look there with `nodeyard logs`.',
    async list(nodeId) {
      const { runs: found } = await runs.list(nodeId, { limit: MOST });
      return [...found].reverse().map(({ epoch, operation, runId, endedAt }) => ({
        epoch,
        operation,
        runId,
        current: endedAt === undefined,
      }));
    },
    async read(nodeId, { runId }, { stream, tail, hear }) {
      const last: Said[] = [];
      let cursor: string | undefined;
      for (;;) {
        const page = await runs.log(nodeId, runId, {
          stream,
          limit: MOST,
          ...(cursor === undefined ? {} : { cursor }),
        });
        if (tail === undefined) for (const line of page.lines) hear(line);
        else {
          last.push(...page.lines);
          last.splice(0, last.length - tail);
        }
        if (!page.more) break;
        cursor = page.cursor;
      }
      for (const line of last) hear(line);
    },
    async follow(nodeId, { runId }, { hear, signal }) {
      try {
        for await (const line of runs.follow(nodeId, runId, {}, { signal })) hear(line);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
