/** The stream of events for one client, from its first word to its last. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventFollower } from '../../store/follower.js';
import type { EventTail } from '../../store/tail.js';
import { choiceOf, type EventsQuery } from '../event-page.js';
import { framesOf } from './event-frames.js';
import { openStream, type StreamCommon } from './event-stream.js';
import type { Outages } from './outages.js';
import { entryText } from './sse.js';

export interface EventStreamParts {
  readonly tail: EventTail;
  readonly outages: Outages;
  readonly common: StreamCommon;
}

/** Throws TOO_MANY_LISTENERS. Returns when the stream has begun. */
export function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { tail, outages, common }: EventStreamParts,
  { after, query }: { readonly after: string; readonly query: EventsQuery },
): void {
  let follower: EventFollower | undefined;
  const stream = openStream(request, reply, common, {
    place: () => follower?.position ?? after,
    onRoom: () => follower?.resume(),
  });
  if (stream.signal.aborted) return;
  const chosen = choiceOf(query);
  follower = tail.follow({
    after,
    take({ events, gap }) {
      if (gap !== undefined) stream.send(entryText({ event: 'gap', data: gap }));
      return stream.send(framesOf(events, chosen));
    },
  });
  const unwatch = outages.watch((trouble) => {
    const data = { away: trouble !== undefined, ...(trouble === undefined ? {} : { message: trouble }) };
    stream.send(entryText({ event: 'outage', data }));
  });
  const leave = (): void => {
    follower?.end();
    unwatch();
  };
  stream.signal.addEventListener('abort', leave, { once: true });
}
