/**
 * Tells who counts of every request, when its answer has ended or its client has left. Of what lasts as long as somebody
 * wants (a stream, a node that waits) the time says nothing.
 */
import type { RequestMeter } from '../metrics/requests.js';
import type { Api } from './types.js';

/** To be added before the pipeline, so that what it refuses is counted too. */
export function addRequestMeter(api: Api, meter: RequestMeter): void {
  api.decorateRequest('lasts', false);
  api.addHook('onRequest', async (request, reply) => {
    const { waits = false } = request.routeOptions.config;
    const stopWaiting = waits ? meter.waits() : undefined;
    reply.raw.once('close', () => {
      stopWaiting?.();
      const { headersSent, statusCode } = reply.raw;
      const answered = headersSent && (reply.raw.writableFinished || request.lasts || waits);
      meter.ended({
        method: request.method,
        route: request.routeOptions.url,
        status: answered ? statusCode : undefined,
        ms: answered && !waits && !request.lasts ? reply.elapsedTime : undefined,
      });
    });
  });
}
