/** Which document of a node a path means. */

import type { StateRepository, StateSummary, StoredState } from '../state/repository.js';
import { HttpError } from './errors.js';

/** Throws NOT_FOUND. `place` as `stateParams` of schemas/states.ts has checked it. */
export async function chosenState(
  states: StateRepository,
  nodeId: string,
  place: string,
): Promise<StoredState> {
  const found = await load(states, nodeId, place);
  if (found !== undefined) return found;
  throw new HttpError('NOT_FOUND', `node ${nodeId} has no such state: ${place}`);
}

async function load(
  states: StateRepository,
  nodeId: string,
  place: string,
): Promise<StoredState | undefined> {
  const [kind, number] = place.split('-');
  if (number === undefined) return states.load(nodeId);
  const epoch = Number(number);
  if (kind === 'quarantined') return states.loadQuarantined(nodeId, epoch);
  const current = await states.load(nodeId);
  return current?.epoch === epoch ? current : states.loadVersion(nodeId, epoch);
}

/** Without the document. */
export function summaryOf({ document: _, ...summary }: StoredState): StateSummary {
  return summary;
}
