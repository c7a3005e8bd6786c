/** What is left of nodes that were destroyed: their process, files, states, quarantines and run directories. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../app.js';
import { isAlive, type ProcessOwner } from '../../state/owner.js';
import { listRunDirectories } from '../../state/run-directory.js';

export interface Leftover {
  readonly nodeId: string;
  readonly what: string;
}

/** Another worker on the same data directory removes a run’s directory just after it has reported the end. */
const PATIENCE_MS = 15_000;
const POLL_MS = 100;

/** Looks until nothing is left or its patience ends. `processes` are the nodes’ own, as they were seen alive. */
export async function leftoversOf(
  app: Pick<App, 'states' | 'directories'>,
  nodeIds: readonly string[],
  processes: ReadonlyMap<string, ProcessOwner>,
): Promise<readonly Leftover[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = (await Promise.all(nodeIds.map((id) => look(app, id, processes.get(id))))).flat();
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(POLL_MS);
  }
}

async function look(
  { states, directories }: Pick<App, 'states' | 'directories'>,
  nodeId: string,
  owner: ProcessOwner | undefined,
): Promise<Leftover[]> {
  const { runs, broken } = await listRunDirectories(directories.runs);
  const found: Readonly<Record<string, boolean>> = {
    'its process runs': owner !== undefined && isAlive(owner) === 'alive',
    'its files are there': existsSync(join(directories.nodes, nodeId)),
    'it has a state': (await states.load(nodeId)) !== undefined,
    'it has a state in quarantine': (await states.quarantined(nodeId)).length > 0,
    'it has a run directory': [...runs, ...broken.map(({ paths }) => paths)].some(
      ({ name }) => name?.nodeId === nodeId,
    ),
  };
  return Object.entries(found).flatMap(([what, isThere]) => (isThere ? [{ nodeId, what }] : []));
}
