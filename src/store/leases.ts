/** The lease of a node: taken with a new epoch, renewed by heartbeat, given back. */
import { nodeKey } from '../node/keys.js';
import { BEGINS } from '../node/lifecycle.js';
import type { StoreContext } from './context.js';
import { checkCount, checkHolder, checkId } from './input.js';
import { entering, sourcesOf } from './lifecycle-arguments.js';
import { decodeFlat } from './record-codec.js';
import type { NodeStore } from './store.js';

export function leases({
  scripts,
  clock,
  retention,
}: StoreContext): Pick<NodeStore, 'begin' | 'renew' | 'release'> {
  return {
    async begin(id, { operation, holder, leaseMs }) {
      const key = nodeKey(checkId(id));
      const { from, to } = BEGINS[operation];
      const [verdict, flat] = await scripts.begin([key], {
        now: clock(),
        actor: 'terraform',
        retention,
        holder: checkHolder(holder),
        leaseMs: checkCount(leaseMs, 'leaseMs'),
        from,
        to,
        sources: sourcesOf(to, 'terraform'),
        entering: entering(to),
      });
      if (verdict === 'unknown-node') return { refused: verdict };
      const node = decodeFlat(key, flat);
      return verdict === 'begun' ? { node, epoch: node.epoch } : { refused: verdict, node };
    },

    async renew(id, { epoch, holder }, leaseMs) {
      const [term] = await scripts.renew([nodeKey(checkId(id))], {
        now: clock(),
        epoch,
        holder: checkHolder(holder),
        leaseMs: checkCount(leaseMs, 'leaseMs'),
      });
      return term === undefined ? { held: false } : { held: true, ...term };
    },

    release: async (id, { epoch, holder }, { earlier = false, own = false } = {}) =>
      scripts.release([nodeKey(checkId(id))], {
        now: clock(),
        epoch,
        holder: checkHolder(holder),
        earlier,
        own,
      }),
  };
}
