/** What a superseded run made and its node does not own is destroyed, by a Terraform run of its own. */
import { NodeyardError } from '../../errors.js';
import { inspectState } from '../../state/document.js';
import { beyond } from '../../state/forget.js';
import type { QuarantinePlace } from '../../state/quarantine.js';
import type { ReconcileContext } from './context.js';
import { defineRule, type Finding } from './rule.js';

const BATCH = 50;

interface Quarantined extends Finding {
  readonly place: QuarantinePlace;
}

export const quarantine = defineRule<Quarantined>('quarantine', {
  async find(context) {
    const places = await context.quarantine.unattended(BATCH, context.settings.quarantineQuietMs);
    const found = await Promise.all(places.map((place) => findingOf(context, place)));
    return found.filter((finding) => finding !== undefined);
  },

  async act({ cleanUps, log }, { place, action, reason }) {
    if (action === 'look') {
      log.error({ ...place, reason }, 'a quarantined state needs a person');
      return 'passed';
    }
    return cleanUps.start(place) ? 'done' : 'passed';
  },
});

async function findingOf(
  { store, states }: ReconcileContext,
  place: QuarantinePlace,
): Promise<Quarantined | undefined> {
  const { nodeId, epoch } = place;
  const finding = (action: string, reason: string): Quarantined => {
    return {
      rule: 'quarantine',
      nodeId,
      action,
      reason: `the quarantined state of epoch ${epoch} ${reason}`,
      place,
    };
  };
  try {
    const node = await store.get(nodeId);
    // The destruction of the node takes its quarantine along.
    if (node?.state === 'DESTRUCTION_REQUESTED' || node?.state === 'DESTROYING') return undefined;
    const [stored, canonical] = [await states.loadQuarantined(nodeId, epoch), await states.load(nodeId)];
    if (stored === undefined) return undefined;
    const left = canonical === undefined ? stored.document : beyond(stored.document, canonical.document);
    const { addresses } = inspectState(left);
    return addresses.length === 0
      ? finding('close', 'holds nothing that the node does not own')
      : finding('destroy', `holds what nobody owns: ${addresses.join(', ')}`);
  } catch (error) {
    if (!(error instanceof NodeyardError) || error.code === 'REDIS_UNAVAILABLE') throw error;
    return finding('look', `cannot be read: ${error.message}`);
  }
}
