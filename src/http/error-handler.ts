/** One form for everything that goes wrong, wherever it does: in a handler, in Fastify, in Node’s parser of HTTP. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import { type Answer, answerOf, HttpError } from './errors.js';
import type { RedisGate } from './redis-gate.js';
import { newRequestId } from './request-id.js';

export interface ErrorHandlerParts {
  readonly log: Log;
  readonly gate: RedisGate;
}

/** For `setErrorHandler` and `frameworkErrors`. */
export function errorHandler({ log, gate }: ErrorHandlerParts) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const known = told(error, request, gate);
    const { status, headers, body } = answerOf(known, request.id);
    request.answerCode = body.error.code;
    if (status >= 500) logIt(log, known, request, body.error.code);
    // Past the schemas of the route: the form is the same for all of them.
    reply
      .status(status)
      .headers(headers)
      .type('application/json; charset=utf-8')
      .serializer(JSON.stringify)
      .send(body);
  };
}

/**
 * A silence of Redis closes the gate. Whoever wanted to change something learns that it says nothing of what was done; only
 * the gate itself can say that nothing was, and its error has no cause.
 */
function told(error: unknown, request: FastifyRequest, gate: RedisGate): unknown {
  if (!(error instanceof NodeyardError) || error.code !== 'REDIS_UNAVAILABLE') return error;
  const { cause } = error;
  if (cause === undefined) return error;
  if (cause instanceof Error && /timed out/i.test(cause.message)) gate.doubt();
  const changes = request.routeOptions.config.audit !== undefined;
  return new NodeyardError('REDIS_UNAVAILABLE', changes ? UNKNOWN : 'Redis does not answer', { cause });
}

const UNKNOWN =
  'Redis does not answer: what was asked for may or may not be done. Ask again; with the same Idempotency-Key a node is made once';

function logIt(log: Log, error: unknown, request: FastifyRequest, code: string): void {
  const about = { requestId: request.id, route: request.routeOptions.url, code };
  if (code === 'REDIS_UNAVAILABLE') log.debug(about, 'not served: Redis is away');
  else log.error({ ...about, err: causeOf(error) }, 'a request failed');
}

const causeOf = (error: unknown): unknown => (error instanceof HttpError ? (error.cause ?? error) : error);

/** For `clientErrorHandler`: there is no request yet, only what could not be read. */
export function clientErrorHandler(error: FastifyError & NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const answer = answerOf(parserError(error), newRequestId());
  if (socket.writable) socket.write(rawAnswer(answer));
  socket.destroySoon();
}

function parserError({ code }: NodeJS.ErrnoException): HttpError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError('REQUEST_TIMEOUT', 'the request did not arrive in time');
    case 'HPE_HEADER_OVERFLOW':
      return new HttpError('HEADERS_TOO_LARGE', 'the headers are larger than this server takes');
    default:
      return new HttpError('MALFORMED', 'this is not HTTP');
  }
}

function rawAnswer({ status, headers, body }: Answer): string {
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `x-request-id: ${body.error.requestId}`,
    'x-content-type-options: nosniff',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
