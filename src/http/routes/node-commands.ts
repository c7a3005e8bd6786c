/** Commands: asked for by operators, taken and acknowledged by the node. */
import { reasonOf } from '../auth/principal.js';
import { commandLines, commandStream } from '../command-forms.js';
import type { ApiParts } from '../parts.js';
import { nodeParams } from '../schemas/common.js';
import * as schemas from '../schemas/node-commands.js';
import type { Api } from '../types.js';

const EVENT_STREAM = 'text/event-stream';
/** What one delivery brings at most. */
const AT_ONCE = 10;
/** Beyond the longest wait: the answer is on its way then. */
const POLL_TIMEOUT_MS = 90_000;
/** A stream ends after a day, and the node begins another. */
const STREAM_TIMEOUT_MS = 24 * 3_600_000;

export function nodeCommandRoutes(api: Api, { commands, mailbox, commandSettings, closing }: ApiParts): void {
  const delivery = { limit: AT_ONCE, visibilityMs: commandSettings.visibilityMs };

  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/commands',
    config: { scope: 'operator', audit: 'node.command' },
    schema: {
      operationId: 'commandNode',
      summary: 'Tell a node to do something',
      description:
        'It is delivered to the node until the node acknowledges it, so at least once, or until it expires. What becomes of it stands in the node’s history.',
      tags: ['nodes'],
      params: nodeParams,
      body: schemas.commandRequestSchema,
      response: { 202: schemas.oneCommandSchema },
    },
    handler: async ({ params, body: { ttl, reason, ...wish }, principal }, reply) => {
      const ttlMs = ttl === undefined ? commandSettings.expiryMs : ttl * 1_000;
      const by = { actor: 'operator', reason: reasonOf(principal, reason) } as const;
      return reply.status(202).send({ command: await commands.ask(params.id, { ...wish, ttlMs }, by) });
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/commands/history',
    config: { scope: 'viewer' },
    schema: {
      operationId: 'listNodeCommands',
      summary: 'Show what a node was told, and what became of it',
      description: 'Those that wait, and the last hundred. Delivers nothing.',
      tags: ['nodes'],
      params: nodeParams,
      response: { 200: schemas.commandsSchema },
    },
    handler: async ({ params }) => ({ commands: await commands.list(params.id) }),
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/commands',
    config: { scope: 'node', waits: true },
    // What it answers counts as delivered; a HEAD would throw it away.
    exposeHeadRoute: false,
    handlerTimeout: POLL_TIMEOUT_MS,
    schema: {
      operationId: 'takeNodeCommands',
      summary: 'Take the commands that wait, or wait for one',
      description:
        'What is not acknowledged is delivered again after `commands.visibility`. With `Accept: text/plain` the answer has a line for each: id, name and payload (JSON in one line), with blanks between them.',
      tags: ['node'],
      params: nodeParams,
      querystring: schemas.waitQuery,
      response: { 200: schemas.commandsSchema },
    },
    handler: async ({ params, query: { wait = 0 }, headers, signal }, reply) => {
      const either = AbortSignal.any([signal, closing]);
      const taken = await mailbox.wait(params.id, { ...delivery, waitMs: wait * 1_000, signal: either });
      if (headers.accept === 'text/plain') {
        return reply.type('text/plain; charset=utf-8').send(commandLines(taken) as never);
      }
      return reply.send({ commands: taken });
    },
  });

  api.route({
    method: 'GET',
    url: '/v1/nodes/:id/commands/stream',
    config: { scope: 'node', mediaType: EVENT_STREAM, waits: true },
    exposeHeadRoute: false,
    handlerTimeout: STREAM_TIMEOUT_MS,
    schema: {
      operationId: 'streamNodeCommands',
      summary: 'Take commands as they come',
      description:
        'Server-Sent Events: each `command` has the command as its data. Acknowledge and redelivery are as with polling.',
      tags: ['node'],
      params: nodeParams,
      response: { 200: schemas.commandSchema },
    },
    handler: async ({ params, signal }, reply) => {
      const either = AbortSignal.any([signal, closing]);
      // The first look happens before the answer begins, so that a refusal still has its status.
      const stream = await commandStream(
        (waitMs) => mailbox.wait(params.id, { ...delivery, waitMs, signal: either }),
        either,
      );
      return reply
        .type(`${EVENT_STREAM}; charset=utf-8`)
        .header('cache-control', 'no-store')
        .send(stream as never);
    },
  });

  api.route({
    method: 'POST',
    url: '/v1/nodes/:id/commands/:commandId/ack',
    config: { scope: 'node' },
    schema: {
      operationId: 'acknowledgeNodeCommand',
      summary: 'Say that a command was carried out, or why not',
      description: 'Ends it. One that has ended already stays as it ended.',
      tags: ['node'],
      params: schemas.commandParams,
      body: schemas.acknowledgeRequestSchema,
      response: { 200: schemas.oneCommandSchema },
    },
    handler: async ({ params, body = {} }) => {
      const { outcome = 'done', ...more } = body;
      return { command: await commands.acknowledge(params.id, params.commandId, { outcome, ...more }) };
    },
  });
}
