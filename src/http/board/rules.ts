/**
 * What the routes below the board’s path say of themselves, where they are bull-board’s and say nothing: every one of them,
 * its static files as well, takes an admin; a change has a name in the audit trail; none stands in the OpenAPI document.
 */
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import { BOARD } from './path.js';

const READS = new Set(['GET', 'HEAD']);
const PARAMS = z.record(z.string(), z.string());

export function ruleBoardRoute(route: RouteOptions): void {
  const { url, schema, config } = route;
  route.schema = { ...schema, hide: true, ...(url.includes(':') ? { params: PARAMS } : {}) };
  if (config?.scope !== undefined) return;
  const reads = [route.method].flat().every((method) => READS.has(method));
  route.config = {
    ...config,
    scope: 'admin',
    session: true,
    ...(reads ? {} : { audit: `board.${verbIn(url)}` }),
  };
}

/** `/queues/api/queues/:queueName/retry/:queueStatus` → `retry` */
const verbIn = (url: string): string =>
  url
    .slice(BOARD.length)
    .split('/')
    .filter((part) => part !== '' && !part.startsWith(':'))
    .at(-1) ?? 'change';
