/** What the reconciler would find. Having it look and mend at once takes a worker, see `nodeyard reconcile`. */
import type { ApiParts } from '../parts.js';
import { findingsSchema } from '../schemas/reconcile.js';
import type { Api } from '../types.js';

export function reconcileRoutes(api: Api, { findings }: ApiParts): void {
  api.route({
    method: 'GET',
    url: '/v1/reconcile/findings',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'getFindings',
      summary: 'Show what a look at the fleet finds to mend',
      description:
        'Nothing is touched. One look is shown to everybody for as long as `reconcile.inventoryInterval`.',
      tags: ['fleet'],
      response: { 200: findingsSchema },
    },
    handler: () => findings(),
  });
}
