/** Tells whether two requests ask for the same node, whatever the order of their keys. */
import { createHash } from 'node:crypto';
import type { IdentifiedRequest } from './store.js';

/** The id is left aside: it may be made anew for every try of one request id, and finds its node by itself. */
export function hashRequest({ id: _id, ...request }: IdentifiedRequest): string {
  const canonical = {
    ...request,
    tags: request.tags ?? {},
    labels: request.labels ?? {},
    onFailure: request.onFailure ?? 'cleanup',
  };
  return createHash('sha256').update(JSON.stringify(canonical, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
