/**
 * bull-board as this server serves it. Queue state is never truth, so most of what it can do by hand is harmless: a job that
 * is retried or delivered twice meets the lease, one that was removed is added again by the reconciler. What is not allowed in any
 * mode is what nobody would undo or find: new jobs past the intent and the checks of the API, other data in a job, limits that
 * stand in no configuration, and the end of a queue or of the reconciler’s schedule.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyPluginCallback } from 'fastify';
import { askRedis } from '../../redis-errors.js';
import { HttpError } from '../errors.js';
import type { ApiParts } from '../parts.js';
import { BOARD, SIGN_IN } from './path.js';

type Routes = Parameters<FastifyAdapter['setApiRoutes']>[0];
type Route = Routes[number];

export type BoardMode = 'read' | 'write';
export type BoardParts = Pick<ApiParts, 'queues' | 'lookQueues' | 'redact'>;

const QUEUE = '/api/queues/:queueName';
/** All that `write` allows. */
const CHANGES: ReadonlySet<string> = new Set(
  [
    '/api/queues/pause',
    '/api/queues/resume',
    `${QUEUE}/pause`,
    `${QUEUE}/resume`,
    `${QUEUE}/retry/:queueStatus`,
    `${QUEUE}/promote`,
    `${QUEUE}/clean/:queueStatus`,
    `${QUEUE}/:jobId/retry`,
    `${QUEUE}/:jobId/promote`,
    `${QUEUE}/:jobId/clean`,
  ].map((route) => `put ${route}`),
);

/** The pages, their static files and their API, below the prefix that it is registered with. */
export function bullBoard(
  { queues, lookQueues, redact }: BoardParts,
  mode: BoardMode,
): FastifyPluginCallback {
  const adapter = new FittedAdapter(mode, redact);
  adapter.setBasePath(BOARD);
  const readOnlyMode = mode === 'read';
  createBullBoard({
    queues: [
      new BullMQAdapter(queues.queue('create'), { readOnlyMode }),
      new BullMQAdapter(queues.queue('destroy'), { readOnlyMode }),
      // Its one job is a schedule that only the start of a worker makes anew.
      ...lookQueues.map(({ queue }) => new BullMQAdapter(queue, { readOnlyMode: true })),
    ],
    serverAdapter: adapter,
    options: {
      uiConfig: { boardTitle: 'nodeyard', miscLinks: [{ text: 'Sign in or out', url: SIGN_IN }] },
    },
  });
  return adapter.registerPlugin();
}

/** With fewer routes, without secrets in what they answer, and with the server’s own errors. */
class FittedAdapter extends FastifyAdapter {
  readonly #mode: BoardMode;
  readonly #redact: (text: string) => string;

  constructor(mode: BoardMode, redact: (text: string) => string) {
    super();
    this.#mode = mode;
    this.#redact = redact;
  }

  override setApiRoutes(routes: Routes): FastifyAdapter {
    return super.setApiRoutes(
      routes.filter((route) => allows(this.#mode, route)).map((route) => fitted(route, this.#redact)),
    );
  }

  /** It would answer everything in its own form; what it throws goes on to the handler around it. */
  override setErrorHandler(): this {
    return super.setErrorHandler((error) => {
      throw error;
    });
  }
}

/** Every pair of a method and a path must be allowed: one route may have several of both. */
function allows(mode: BoardMode, { method, route }: Route): boolean {
  const methods = [method].flat();
  if (methods.every((each) => each === 'get')) return true;
  const pairs = methods.flatMap((each) => [route].flat().map((path) => `${each} ${path}`));
  return mode === 'write' && pairs.every((pair) => CHANGES.has(pair));
}

function fitted(route: Route, redact: (text: string) => string): Route {
  return {
    ...route,
    handler: async (request) => {
      const answer = await askRedis('the queues', async () => route.handler(request)).catch(refusal);
      return { ...answer, body: JSON.parse(redact(JSON.stringify(answer.body))) as typeof answer.body };
    },
  };
}

/** It decodes a part of the query once more. */
function refusal(error: unknown): never {
  if (error instanceof URIError)
    throw new HttpError('MALFORMED', 'the query cannot be decoded', { cause: error });
  throw error;
}
