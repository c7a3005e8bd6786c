/**
 * How much one caller may ask: a token so many requests a minute, whoever has none by address. Wrong tokens are counted by
 * address and much more strictly; that keeps no good one out, because a proxy may make one address of everybody. Each server
 * counts for itself, in its memory, and remembers the last five thousand callers.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nameOf, type Principal } from '../auth/principal.js';
import { HttpError } from '../errors.js';

const MINUTE_MS = 60_000;
/** Wrong tokens a minute from one address. */
const FAILURES = 60;

export interface Limits {
  /** Throws RATE_LIMITED, and says in the answer’s headers how much is left. */
  take(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Counts a wrong token. Throws RATE_LIMITED when the address has sent too many. */
  noteFailure(request: FastifyRequest): Promise<void>;
}

export async function createLimits(server: FastifyInstance, requestsPerMinute: number): Promise<Limits> {
  await server.register(rateLimit, { global: false });
  const all = server.createRateLimit({
    max: requestsPerMinute,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callerOf(request.principal, request.ip),
  });
  const failures = server.createRateLimit({
    max: FAILURES,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => addressOf(request.ip),
  });
  return {
    async take(request, reply) {
      if (requestsPerMinute === 0) return;
      const taken = await all(request);
      if (taken.isAllowed) return;
      reply.header('ratelimit-limit', taken.max);
      reply.header('ratelimit-remaining', taken.remaining);
      reply.header('ratelimit-reset', taken.ttlInSeconds);
      if (taken.isExceeded) throw limited('too many requests', taken.ttlInSeconds);
    },
    async noteFailure(request) {
      const taken = await failures(request);
      if (!taken.isAllowed && taken.isExceeded) throw limited('too many wrong tokens', taken.ttlInSeconds);
    },
  };
}

const limited = (what: string, seconds: number): HttpError =>
  new HttpError('RATE_LIMITED', `${what} from here within a minute`, {
    headers: { 'retry-after': String(Math.max(1, seconds)) },
  });

function callerOf(principal: Principal, ip: string): string {
  if (principal.kind === 'token') return `token ${principal.id}`;
  if (principal.kind === 'oidc' || principal.kind === 'node') return nameOf(principal);
  return `address ${addressOf(ip)}`;
}

/** Of IPv6 the network: one caller has 2^64 addresses. */
const addressOf = (ip: string): string => rateLimit.normalizeIP(ip);
