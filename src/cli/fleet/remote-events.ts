/** What happens in a fleet behind an API. */
import type { NodeEvent } from '../../node/record.js';
import type { NodeyardApi } from '../../remote/connect.js';
import type { EventEntry } from '../../remote/events.js';
import type { FleetEvents, Watching } from './fleet.js';

export interface RemoteEvents extends FleetEvents {
  /** Resolves once those who have subscribed hear what happens from then on, or nobody can: then they have to look. */
  listening(): Promise<void>;
  close(): void;
}

interface Stream {
  readonly end: AbortController;
  readonly open: Promise<void>;
}

export function remoteEvents({ events }: NodeyardApi): RemoteEvents {
  const listeners = new Set<(event: NodeEvent) => void>();
  /** One for all listeners, from the first to the last. */
  let stream: Stream | undefined;

  const begin = (): Stream => {
    const end = new AbortController();
    let opened = (): void => {};
    const open = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const read = async (): Promise<void> => {
      try {
        for await (const entry of events.follow({}, { signal: end.signal })) {
          if (entry.kind === 'open') opened();
          if (entry.kind === 'event') for (const hear of [...listeners]) hear(entry.event);
        }
      } catch {
        // Ended, or refused: whoever waits looks again without it, and is told by that what is wrong.
        if (stream?.end === end) stream = undefined;
      } finally {
        opened();
      }
    };
    void read();
    return { end, open };
  };
  const close = (): void => {
    stream?.end.abort();
    stream = undefined;
  };

  return {
    close,
    listening: async () => stream?.open,
    subscribe(listener) {
      listeners.add(listener);
      stream ??= begin();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) close();
      };
    },
    async watch(watching) {
      const { after, signal } = watching;
      const entries = events.follow(after === undefined ? {} : { after }, { signal });
      // The first one says that it is connected; whoever cannot come in is told here.
      await entries.next();
      return told(entries, watching);
    },
  };
}

async function* told(
  entries: AsyncGenerator<EventEntry>,
  { signal, onNote }: Watching,
): AsyncGenerator<NodeEvent> {
  try {
    for await (const entry of entries) {
      if (entry.kind === 'event') yield entry.event;
      else noteOf(entry, onNote);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function noteOf(entry: Exclude<EventEntry, { kind: 'event' }>, note: Watching['onNote']): void {
  switch (entry.kind) {
    case 'outage':
      note(entry.away ? 'Redis is away; waiting for it' : 'Redis is back');
      return;
    case 'lost':
      note('the API is away; waiting for it');
      return;
    case 'gap':
      note('some events are not kept any more: they are missing here');
      return;
    case 'open':
      note('connected to the API again');
      return;
    case 'end':
      return;
  }
}
