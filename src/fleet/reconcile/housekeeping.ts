/** Ends tombstones that have been kept long enough. One whose quarantine is not empty stays: it says what made that. */
import { defineRule, type Finding } from './rule.js';

/** Tombstones ended in one go; the rest follows with the next. */
const BATCH = 1_000;

export const housekeeping = defineRule<Finding>('housekeeping', {
  async find({ store, settings }) {
    const count = await store.countTombstones(settings.tombstonesMs);
    if (count === 0) return [];
    const nodes = count === 1 ? '1 destroyed node has' : `${count} destroyed nodes have`;
    const reason = `${nodes} been on record for longer than retention.tombstones`;
    return [{ rule: 'housekeeping', action: 'purge', reason }];
  },

  async act({ store, states, settings }) {
    const quarantined = (await states.quarantined()).map(({ nodeId }) => nodeId);
    const except = [...new Set(quarantined)];
    const purged = await store.purgeTombstones(settings.tombstonesMs, BATCH, { except });
    return purged > 0 ? 'done' : 'passed';
  },
});
