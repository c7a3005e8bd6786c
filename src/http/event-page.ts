/** A page of events, for those who ask again and again; and which events somebody has asked for. */

import type { z } from 'zod';
import type { NodeEvent } from '../node/record.js';
import type { EventPage, NodeStore } from '../store/store.js';
import type { eventsQuery } from './schemas/events.js';

export type EventsQuery = z.output<typeof eventsQuery>;

const LIMIT = 100;
/** So many entries are looked through for one page: a filter that finds nothing must not cost the whole stream. */
const LOOKED_AT = 1_000;
/** What is looked through first; each step is as long as all before it. */
const STEP = 100;

/** Undefined when every event is wanted. */
export function choiceOf({
  node,
  group,
  role,
  type,
  to,
}: EventsQuery): ((event: NodeEvent) => boolean) | undefined {
  if ([node, group, role, type, to].every((part) => part === undefined)) return undefined;
  const nodes = node && new Set(node);
  return (event) =>
    (nodes === undefined || nodes.has(event.nodeId)) &&
    (group === undefined || event.group === group) &&
    (role === undefined || event.role === role) &&
    (type === undefined || type.includes(event.type)) &&
    (to === undefined || (event.to !== undefined && to.includes(event.to)));
}

/** In steps: what a filter finds soon costs no more than that. */
export async function pageOfEvents(
  store: Pick<NodeStore, 'eventPage'>,
  query: EventsQuery,
): Promise<EventPage> {
  const { after = '0', limit = LIMIT } = query;
  const chosen = choiceOf(query);
  if (chosen === undefined) return store.eventPage({ after, limit });
  const first = await store.eventPage({ after, limit: Math.max(limit, STEP) });
  const about = first.gap === undefined ? {} : { gap: first.gap };
  const events: NodeEvent[] = [];
  let page = first;
  let looked = 0;
  for (;;) {
    for (const event of page.events) {
      if (!chosen(event)) continue;
      events.push(event);
      if (events.length < limit) continue;
      const isLast = event === page.events.at(-1);
      return { ...about, events, next: isLast ? page.next : event.position, more: !isLast || page.more };
    }
    looked += Math.max(page.events.length, 1);
    const { next, more } = page;
    if (!more || looked >= LOOKED_AT) return { ...about, events, next, more };
    page = await store.eventPage({ after: next, limit: Math.min(looked, LOOKED_AT - looked) });
    // Trimmed away since the step before: the page that begins there says so.
    if (page.gap !== undefined) return { ...about, events, next, more };
  }
}
