/** A line for every request, without what stands in its URL besides the route: that may be a secret by mistake. */
import type { Log } from '../log.js';
import { nameOf } from './auth/principal.js';
import type { Api } from './types.js';

export function addRequestLog(api: Api, log: Log): void {
  api.addHook('onResponse', async (request, reply) => {
    log.debug(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        code: request.answerCode,
        ms: Math.round(reply.elapsedTime),
        who: nameOf(request.principal),
        from: request.ip,
      },
      'request',
    );
  });
}
