/**
 * Whether a request without a token may come in: only while no token was ever made and no issuer is configured, only on an
 * address of this machine, and not from a page that somebody else’s server has put into a browser here.
 */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { TokenStore } from '../../auth/tokens.js';
import { HttpError } from '../errors.js';

/** How long “no token yet” is believed. */
const BELIEVED_MS = 2_000;

export interface DoorParts {
  readonly tokens: Pick<TokenStore, 'any'>;
  /** Where the server listens, and whether there is an issuer. */
  readonly host: string;
  readonly hasIssuer: boolean;
  readonly monotonic: () => number;
}

export interface Door {
  /** Throws REDIS_UNAVAILABLE. */
  isOpen(): Promise<boolean>;
}

export function createDoor({ tokens, host, hasIssuer, monotonic }: DoorParts): Door {
  // Once a token was seen it stays shut: tokens are revoked, never unmade.
  let shut = hasIssuer || !isLoopback(host);
  let openedAt = Number.NEGATIVE_INFINITY;
  return {
    async isOpen() {
      if (shut) return false;
      if (monotonic() - openedAt < BELIEVED_MS) return true;
      shut = await tokens.any();
      openedAt = monotonic();
      return !shut;
    },
  };
}

/** An address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** What a proxy says that passes on what others ask. */
const PASSED_ON = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/**
 * Who comes from this machine need not be on it. A browser here asks for any page that it shows: by name (DNS that is changed
 * under its feet) or across origins; and a proxy here passes on what others ask. Throws FORBIDDEN.
 */
export function refuseStrangers({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const { host = '', origin } = headers;
  if (PASSED_ON.some((name) => headers[name] !== undefined)) {
    throw new HttpError(
      'FORBIDDEN',
      'without a token the API answers nobody through a proxy: make a token first',
    );
  }
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (!isLoopback(name)) {
    throw new HttpError(
      'FORBIDDEN',
      'without a token the API answers only under the name localhost or an address of this machine',
    );
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new HttpError('FORBIDDEN', 'without a token the API does not answer pages of other origins');
  }
}
