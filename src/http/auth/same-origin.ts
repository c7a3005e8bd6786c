/** Changes that a browser sends by itself with what it remembers (a cookie) have to come from a page of this server. */
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../errors.js';

const READS = new Set(['GET', 'HEAD']);

/**
 * A browser says where a request comes from in headers that no page can set: `Sec-Fetch-Site` where the connection is
 * trustworthy (https, or this machine), `Origin` with every change. Who says neither is refused. Throws FORBIDDEN.
 */
export function refuseOtherOrigins({
  method,
  headers,
  host,
}: Pick<FastifyRequest, 'method' | 'headers' | 'host'>): void {
  if (READS.has(method)) return;
  const site = headers['sec-fetch-site'];
  const own = site === undefined ? isOrigin(headers.origin, host) : site === 'same-origin';
  if (own) return;
  throw new HttpError(
    'FORBIDDEN',
    'changes are taken from pages of this server only, never from another origin',
  );
}

/** The scheme may be another one behind a proxy; whose page it is says the host. */
function isOrigin(origin: string | undefined, host: string): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
