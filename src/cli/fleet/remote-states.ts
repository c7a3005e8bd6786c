/** The states of nodes behind an API. */

import { ApiError } from '../../remote/api-error.js';
import type { NodeyardApi } from '../../remote/connect.js';
import type { StoredState } from '../../state/repository.js';
import { summaryOf } from '../state-choice.js';
import type { FleetStates } from './fleet.js';

const MOST = 1_000;
/** Between the two requests that make a whole, a run may store another one. */
const TRIES = 5;

export function remoteStates({ states }: NodeyardApi): FleetStates {
  const show: FleetStates['show'] = (nodeId, place) => orUndefined(states.get(nodeId, place));
  return {
    list: (page) => states.page(page),
    versions: async (nodeId) => (await states.ofNode(nodeId)).versions,
    quarantined: async (nodeId) =>
      nodeId === undefined ? (await states.quarantine({ limit: MOST })).quarantined : quarantinedOf(nodeId),
    show,
    async load(nodeId, place) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const shown = await show(nodeId, place);
        if (shown === undefined) return undefined;
        const found = await orUndefined(states.document(nodeId, place));
        const { serial: _, lineage: __, terraformVersion: ___, ...summary } = shown.state;
        if (found?.sha256 === summary.sha256)
          return { ...summaryOf(summary), document: found.document } as StoredState;
      }
      throw new ApiError('API_UNAVAILABLE', `the state of ${nodeId} changes faster than it can be read`);
    },
  };

  /** None, for a node of which nothing is known, as with a repository. */
  async function quarantinedOf(nodeId: string) {
    try {
      return (await states.ofNode(nodeId)).quarantined;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNKNOWN_NODE') return [];
      throw error;
    }
  }
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.answerCode === 'NOT_FOUND') return undefined;
    throw error;
  }
}
