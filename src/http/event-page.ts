/** A page of events, for those who ask again and again; and which events somebody has asked for. */

import type { z } from 'zod';
import type { NodeEvent } from '../node/record.js';
import type { EventPage, NodeStore } from '../store/store.js';
import type { eventsQuery } from './schemas/events.js';

export type EventsQuery = z.output<typeof eventsQuery>;

const LIMIT = 100;
/** So many entries are looked through for one page: a filter that finds nothing must not cost the whole stream. */
const LOOKED_AT = 1_000;

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

export async function pageOfEvents(
  store: Pick<NodeStore, 'eventPage'>,
  query: EventsQuery,
): Promise<EventPage> {
  const { after = '0', limit = LIMIT } = query;
  const chosen = choiceOf(query);
  if (chosen === undefined) return store.eventPage({ after, limit });
  const page = await store.eventPage({ after, limit: LOOKED_AT });
  const events = page.events.filter(chosen);
  const last = events[limit - 1];
  if (last === undefined || events.length === limit) return { ...page, events };
  return { ...page, events: events.slice(0, limit), next: last.position, more: true };
}
