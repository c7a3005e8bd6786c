/** Where events are sent to: for admins alone, because whoever says where tells others what happens here. */
import { webhookRequestSchema } from '../../webhooks/webhook.js';
import { nameOf, reasonOf } from '../auth/principal.js';
import type { ApiParts } from '../parts.js';
import { reasonRequestSchema } from '../schemas/node-requests.js';
import * as schemas from '../schemas/webhooks.js';
import type { Api } from '../types.js';

export function webhookRoutes(api: Api, { webhooks }: ApiParts): void {
  const tags = ['webhooks'];
  const params = schemas.webhookParams;

  api.route({
    method: 'GET',
    url: '/v1/webhooks',
    config: { scope: 'admin' },
    schema: {
      operationId: 'listWebhooks',
      summary: 'List the webhooks, with how each is delivered',
      tags,
      response: { 200: schemas.webhooksSchema },
    },
    handler: async () => ({ webhooks: await webhooks.list() }),
  });

  api.route({
    method: 'POST',
    url: '/v1/webhooks',
    config: { scope: 'admin', audit: 'webhook.add' },
    schema: {
      operationId: 'addWebhook',
      summary: 'Have events sent to a receiver from now on',
      description: 'Answers the secret that signs them, which is shown this once.',
      tags,
      body: webhookRequestSchema,
      response: { 200: schemas.createdWebhookSchema },
    },
    handler: async (request) => {
      const created = await webhooks.add(request.body, { createdBy: nameOf(request.principal) });
      request.auditTarget = created.webhook.id;
      return created;
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/webhooks/:id',
    config: { scope: 'admin' },
    schema: {
      operationId: 'getWebhook',
      summary: 'Show a webhook, and how it is delivered',
      tags,
      params,
      response: { 200: schemas.oneWebhookSchema },
    },
    handler: async ({ params: { id } }) => ({ webhook: await webhooks.get(id) }),
  });

  api.route({
    method: 'DELETE',
    url: '/v1/webhooks/:id',
    config: { scope: 'admin', audit: 'webhook.remove' },
    schema: {
      operationId: 'removeWebhook',
      summary: 'End a webhook, with its dead letters',
      tags,
      params,
      response: { 200: schemas.removedWebhookSchema },
    },
    handler: async ({ params: { id } }) => {
      await webhooks.remove(id);
      return { removed: id };
    },
  });

  api.route({
    method: 'POST',
    url: '/v1/webhooks/:id/enable',
    config: { scope: 'admin', audit: 'webhook.enable' },
    schema: {
      operationId: 'enableWebhook',
      summary: 'Deliver a webhook again, from where it stood',
      description: 'What happened meanwhile is delivered first. Asking again changes nothing.',
      tags,
      params,
      response: { 200: schemas.oneWebhookSchema },
    },
    handler: async ({ params: { id } }) => ({ webhook: await webhooks.enable(id) }),
  });

  api.route({
    method: 'POST',
    url: '/v1/webhooks/:id/disable',
    config: { scope: 'admin', audit: 'webhook.disable' },
    schema: {
      operationId: 'disableWebhook',
      summary: 'Deliver nothing to a webhook until it is enabled',
      description: 'Within seconds; what is under way may still arrive. Asking again changes nothing.',
      tags,
      params,
      body: reasonRequestSchema,
      response: { 200: schemas.oneWebhookSchema },
    },
    handler: async ({ params: { id }, body, principal }) => ({
      webhook: await webhooks.disable(id, reasonOf(principal, body?.reason)),
    }),
  });

  api.route({
    method: 'POST',
    url: '/v1/webhooks/:id/test',
    config: { scope: 'admin', audit: 'webhook.test' },
    schema: {
      operationId: 'testWebhook',
      summary: 'Send a test message now, and show the answer',
      description: 'From this server, once, whether the webhook is enabled or not.',
      tags,
      params,
      response: { 200: schemas.trialSchema },
    },
    handler: ({ params: { id } }) => webhooks.test(id),
  });

  api.route({
    method: 'GET',
    url: '/v1/webhooks/:id/dead-letters',
    config: { scope: 'admin' },
    schema: {
      operationId: 'listDeadLetters',
      summary: 'List what could not be delivered, and gaps',
      tags,
      params,
      querystring: schemas.deadLetterQuery,
      response: { 200: schemas.deadLetterPageSchema },
    },
    handler: ({ params: { id }, query }) => webhooks.deadLetters(id, query),
  });

  api.route({
    method: 'POST',
    url: '/v1/webhooks/:id/redeliver',
    config: { scope: 'admin', audit: 'webhook.redeliver' },
    schema: {
      operationId: 'redeliver',
      summary: 'Try dead letters again',
      description: 'Under their old message ids, with attempts anew.',
      tags,
      params,
      body: schemas.redeliverRequestSchema,
      response: { 200: schemas.redeliveredSchema },
    },
    handler: async ({ params: { id }, body }) => ({
      redelivered: await webhooks.redeliver(id, body.letters),
    }),
  });
}
