/** The runs of this machine and what Terraform said in them, from their directories. */
import type { App } from '../../app.js';
import { NodeyardError } from '../../errors.js';
import type { RunLog } from '../../runs/run-logs.js';
import type { FleetRun, FleetRuns, Hear } from './fleet.js';

export function localRuns({ directories, config, redact }: App): FleetRuns {
  const all = async (nodeId: string): Promise<RunLog[]> => {
    const { runLogs } = await import('../../runs/run-logs.js');
    return runLogs(directories, nodeId);
  };
  const find = async (nodeId: string, { runId }: FleetRun): Promise<RunLog> => {
    const run = (await all(nodeId)).find((each) => each.runId === runId);
    if (run !== undefined) return run;
    throw new NodeyardError('INVALID_INPUT', `the log of run ${runId} is not kept any more`, { field: 'ID' });
  };
  const saying = async (stream: 'log' | 'stderr', hear: Hear): Promise<(raw: string) => void> => {
    const { renderLine } = await import('../../terraform/run-log.js');
    return (raw) => {
      const line = redact(raw);
      hear({ line, text: stream === 'log' ? renderLine(line) : line });
    };
  };
  return {
    whyNone: (runs) =>
      `below ${directories.logs}: its ${runs === 1 ? 'run was' : 'runs were'} on another machine or with another data directory, or the logs have aged out (${config.retention.logsMs / 86_400_000} days)`,
    elsewhere: (nodeId) => `Look in the data directory of the worker that ran it: logs/${nodeId}/ there.`,
    list: async (nodeId) =>
      (await all(nodeId)).map(({ epoch, operation, runId, directory }) => ({
        epoch,
        operation,
        runId,
        current: directory !== undefined,
      })),
    async read(nodeId, run, { stream, tail, hear }) {
      const [{ logLines }, say, found] = await Promise.all([
        import('../../runs/log-reader.js'),
        saying(stream, hear),
        find(nodeId, run),
      ]);
      for await (const line of logLines(stream === 'log' ? found.log : found.stderr, tail)) say(line);
    },
    async follow(nodeId, run, { hear, signal }) {
      const [{ followLog, logLines }, say, found] = await Promise.all([
        import('../../runs/log-reader.js'),
        saying('log', hear),
        find(nodeId, run),
      ]);
      const { log: path, directory } = found;
      if (directory !== undefined) await followLog({ path, directory, onLine: say, signal });
      // It has ended since it was listed: its log is whole.
      else for await (const line of logLines(path)) say(line);
    },
  };
}
