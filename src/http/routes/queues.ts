/** The queues that drive nodes: how full they are, and whether workers take from them. */
import type { ApiParts } from '../parts.js';
import { queueChangeSchema, queueParams, queuesSchema } from '../schemas/queues.js';
import type { Api } from '../types.js';

const CHANGES = [
  { verb: 'pause', paused: true, summary: 'Have no worker take a job from a queue' },
  { verb: 'resume', paused: false, summary: 'Have workers take jobs from a queue again' },
] as const;

export function queueRoutes(api: Api, { queues }: ApiParts): void {
  const tags = ['queues'];

  api.route({
    method: 'GET',
    url: '/v1/queues',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listQueues',
      summary: 'Show the queues with what is in them',
      tags,
      response: { 200: queuesSchema },
    },
    handler: async () => ({ queues: await queues.standings() }),
  });

  for (const { verb, paused, summary } of CHANGES) {
    api.route({
      method: 'POST',
      url: `/v1/queues/:name/${verb}`,
      config: { scope: 'operator', audit: `queue.${verb}` },
      schema: {
        operationId: `${verb}Queue`,
        summary,
        description: 'What is at work goes on. Asking again changes nothing.',
        tags,
        params: queueParams,
        response: { 200: queueChangeSchema },
      },
      handler: async ({ params }) => {
        const changed = await queues.setPaused(params.name, paused);
        return { queue: await queues.standing(params.name), changed };
      },
    });
  }
}
