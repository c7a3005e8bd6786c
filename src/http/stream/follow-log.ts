/** What Terraform says, line by line, for one client. The file is the buffer: no more of it is read than the client takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../log.js';
import type { LogPage } from '../../runs/runs.js';
import { openStream, type StreamCommon } from './event-stream.js';
import { entryText } from './sse.js';

/** Nothing tells that a log has grown on every file system. */
const POLL_MS = 250;

export interface LogSource {
  readonly cursor: string | undefined;
  /** To the end of the run, or to that of what there is now. */
  readonly follow: boolean;
  /** Undefined when the log is no longer here. */
  readonly read: (cursor: string | undefined) => Promise<LogPage | undefined>;
}

/** Throws TOO_MANY_LISTENERS. Returns when the stream has begun. */
export function streamLog(
  request: FastifyRequest,
  reply: FastifyReply,
  { common, log }: { readonly common: StreamCommon; readonly log: Log },
  source: LogSource,
): void {
  let { cursor } = source;
  let room = (): void => {};
  const stream = openStream(request, reply, common, { place: () => cursor, onRoom: () => room() });
  stream.signal.addEventListener('abort', () => room(), { once: true });

  const send = async ({ lines }: LogPage): Promise<void> => {
    for (const line of lines) {
      cursor = line.cursor;
      if (stream.send(entryText({ id: line.cursor, data: line })) || stream.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        room = resolve;
      });
      if (stream.signal.aborted) return;
    }
  };
  const run = async (): Promise<void> => {
    while (!stream.signal.aborted) {
      const page = await source.read(cursor);
      if (page === undefined) break;
      await send(page);
      if (page.more) continue;
      if (page.ended || !source.follow) break;
      await sleep(POLL_MS, undefined, { signal: stream.signal }).catch(() => undefined);
    }
    stream.end('done');
  };
  run().catch((error: unknown) => {
    log.error({ requestId: request.id, error: String(error) }, 'a log was not read to its end');
    stream.end('failed');
  });
}
