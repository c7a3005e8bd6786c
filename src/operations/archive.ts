/** Keeps a run’s log when its directory goes: `<logs>/<nodeId>/<epoch>-<operation>-<runId>.jsonl`, secrets taken out. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunDirectory } from '../state/run-directory.js';
import { archiveLog } from '../terraform/run-log.js';

export async function archiveLogs(
  directory: RunDirectory,
  logsRoot: string,
  redact: (text: string) => string,
): Promise<void> {
  const { operation, runId, members } = directory.meta;
  for (const { nodeId, epoch } of members) {
    const target = join(logsRoot, nodeId);
    await mkdir(target, { recursive: true, mode: 0o700 });
    const name = `${String(epoch).padStart(6, '0')}-${operation}-${runId}`;
    const files = [
      { from: directory.planFiles.log, to: `${name}.plan.jsonl` },
      { from: directory.log, to: `${name}.jsonl` },
      { from: directory.stderr, to: `${name}.stderr.log` },
    ];
    for (const { from, to } of files) {
      if (await hasContent(from)) await archiveLog(from, join(target, to), redact);
    }
  }
}

const hasContent = (path: string): Promise<boolean> =>
  stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
