/**
 * How much one caller may ask: a token so many requests a minute, whoever has none by address. Wrong tokens are counted by
 * address and much more strictly, before Redis is asked about them. Each server counts for itself, in its memory.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nameOf, type Principal } from '../auth/principal.js';
import { HttpError } from '../errors.js';

const MINUTE_MS = 60_000;
/** Wrong tokens a minute from one address. */
const FAILURES = 60;
/** Callers that are remembered at once. */
const CALLERS = 20_000;

export interface Limits {
  /** Throws RATE_LIMITED, and says in the answer’s headers how much is left. */
  take(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Throws RATE_LIMITED when the address has sent too many wrong tokens. */
  refuseGuesser(request: FastifyRequest): Promise<void>;
  noteFailure(request: FastifyRequest): Promise<void>;
}

export async function createLimits(server: FastifyInstance, requestsPerMinute: number): Promise<Limits> {
  await server.register(rateLimit, { global: false, cache: CALLERS });
  const all = server.createRateLimit({
    max: requestsPerMinute,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callerOf(request.principal, request.ip),
  });
  const failures = server.createRateLimit({
    max: FAILURES,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => `failures ${addressOf(request.ip)}`,
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
    async refuseGuesser(request) {
      const seen = await failures(request, { increment: false });
      if (!seen.isAllowed && seen.remaining === 0) throw limited('too many wrong tokens', seen.ttlInSeconds);
    },
    async noteFailure(request) {
      await failures(request);
    },
  };
}

const limited = (what: string, seconds: number): HttpError =>
  new HttpError('RATE_LIMITED', `${what} from here within a minute`, {
    headers: { 'retry-after': String(Math.max(1, seconds)) },
  });

function callerOf(principal: Principal, ip: string): string {
  if (principal.kind === 'token') return `token ${principal.id}`;
  if (principal.kind === 'oidc') return nameOf(principal);
  return `address ${addressOf(ip)}`;
}

/** Of IPv6 the network: one caller has 2^64 addresses. */
function addressOf(ip: string): string {
  return rateLimit.normalizeIP === undefined ? ip : rateLimit.normalizeIP(ip);
}
