/** What happens to nodes, over the API: page by page, or as it happens. */
import type { z } from 'zod';
import type * as schemas from '../http/schemas/events.js';
import type { nodeEventSchema } from '../http/schemas/node.js';
import type { EndReason } from '../http/stream/event-stream.js';
import type { ApiError } from './api-error.js';
import { type Followed, follow } from './follow.js';
import type { CallOptions, Transport } from './transport.js';

export type NodeEvent = z.output<typeof nodeEventSchema>;
export type EventPage = z.output<typeof schemas.eventPageSchema>;
export type EventGap = NonNullable<EventPage['gap']>;
export type EventsQuery = z.output<typeof schemas.eventsQuery>;
export type EventsChoice = Omit<EventsQuery, 'limit'>;

export type EventEntry =
  | { readonly kind: 'event'; readonly event: NodeEvent }
  /** Events are missing before the next one. */
  | { readonly kind: 'gap'; readonly gap: EventGap }
  /** Redis is away from the API, or back; nothing gets lost by it. */
  | { readonly kind: 'outage'; readonly away: boolean; readonly message?: string }
  /** The API has ended this connection; another follows. */
  | { readonly kind: 'end'; readonly why: EndReason }
  /** Connected; also anew. */
  | { readonly kind: 'open' }
  /** The API is away; the stream goes on where it was as soon as it is back. */
  | { readonly kind: 'lost'; readonly error: ApiError };

export interface Events {
  /** From the oldest event that is kept where `after` is absent; go on with `next` as long as there is `more`. */
  page(query?: EventsQuery, options?: CallOptions): Promise<EventPage>;
  /**
   * Only new events without `after`. It goes on over lost connections, after the last entry that was taken, until it is left or the
   * signal fires, whose reason it then throws. Throws what the API refuses, and API_UNAVAILABLE where it cannot be reached at first.
   */
  follow(choice?: EventsChoice, options?: Pick<CallOptions, 'signal'>): AsyncGenerator<EventEntry>;
}

export function eventsOf(transport: Transport): Events {
  return {
    page: (query = {}, options) => transport.ask({ method: 'GET', path: '/v1/events', query }, options),
    async *follow(query = {}, { signal } = {}) {
      const ask = { method: 'GET', path: '/v1/events', query } as const;
      for await (const followed of follow({ transport, ask, signal })) {
        const entry = entryOf(followed);
        if (entry !== undefined) yield entry;
      }
    },
  };
}

/** Undefined for what a newer API says and this client does not know. */
function entryOf(followed: Followed): EventEntry | undefined {
  if (followed.kind !== 'entry') return followed;
  switch (followed.event) {
    case undefined:
      return { kind: 'event', event: followed.data as NodeEvent };
    case 'gap':
      return { kind: 'gap', gap: followed.data as EventGap };
    case 'outage':
      return { kind: 'outage', ...(followed.data as { away: boolean; message?: string }) };
    case 'end':
      return { kind: 'end', why: (followed.data as { why: EndReason }).why };
    default:
      return undefined;
  }
}
