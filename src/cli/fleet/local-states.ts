/** The states of nodes, from their repository. */
import type { App } from '../../app.js';
import type { StoredState } from '../../state/repository.js';
import { summaryOf } from '../state-choice.js';
import type { FleetStates, StatePlace } from './fleet.js';

export function localStates({ states, client }: Pick<App, 'states' | 'client'>): FleetStates {
  const load = async (nodeId: string, place: StatePlace): Promise<StoredState | undefined> => {
    const [kind, number] = place.split('-');
    if (kind === 'quarantined') return states.loadQuarantined(nodeId, Number(number));
    const current = await states.load(nodeId);
    const epoch = Number(number);
    return number === undefined || current?.epoch === epoch ? current : states.loadVersion(nodeId, epoch);
  };
  return {
    list: (page) => states.list(page),
    async versions(nodeId) {
      const found = await states.versions(nodeId);
      // Nothing kept is an answer only for a node that exists.
      if (found.length === 0) await client.get(nodeId);
      return found;
    },
    quarantined: (nodeId) => states.quarantined(nodeId),
    load,
    async show(nodeId, place) {
      const stored = await load(nodeId, place);
      if (stored === undefined) return undefined;
      const { inspectState, instancesOf } = await import('../../state/document.js');
      const { serial, lineage, terraformVersion } = inspectState(stored.document);
      const resources = instancesOf(stored.document).map(
        ({ address, type, provider, managed, deposed, status }) => ({
          address,
          type,
          provider,
          managed,
          deposed,
          status: status ?? null,
        }),
      );
      const more = { serial, lineage, terraformVersion: terraformVersion ?? null };
      return { state: { ...summaryOf(stored), ...more }, resources };
    },
  };
}
