/**
 * One answer of Server-Sent Events, from its headers to its end. What is written and not yet taken by the client is bounded: past
 * the bound `send` says that there is no room, and a client that takes nothing for too long is sent away.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Seats } from '../limits/seats.js';
import { entryText, HEARTBEAT, placeText, retryText } from './sse.js';

export interface StreamLimits {
  /** Between two signs of life; as often it is asked whether the client may still listen. */
  readonly heartbeatMs: number;
  /** Written and not taken; somewhat more, by what was written last. */
  readonly bufferBytes: number;
  /** So long a client may take nothing when the buffer is full. */
  readonly slowMs: number;
}

export const STREAM_LIMITS: StreamLimits = { heartbeatMs: 15_000, bufferBytes: 256 * 1024, slowMs: 30_000 };

/** So long a client waits before it comes again. */
const RETRY_MS = 2_000;
/** For the last words to be taken. */
const FAREWELL_MS = 5_000;

/** `closing`: the server is being stopped. `slow`: the client did not keep up. `token`: it may no longer listen. */
export type EndReason = 'closing' | 'slow' | 'token' | 'done' | 'failed';

export interface StreamParts {
  readonly closing: AbortSignal;
  readonly seats: Seats;
  readonly limits: StreamLimits;
  /** Whether the client may still listen. */
  readonly stillMay: () => Promise<boolean>;
  /** Where the client goes on if it is cut off now. */
  readonly place: () => string | undefined;
  /** There is room again. */
  readonly onRoom: () => void;
}

export class EventStream {
  readonly #raw: ServerResponse;
  readonly #parts: StreamParts;
  readonly #ended = new AbortController();
  #slow: NodeJS.Timeout | undefined;

  /** Throws TOO_MANY_LISTENERS, before anything is sent. */
  constructor(reply: FastifyReply, parts: StreamParts) {
    const leave = parts.seats.take();
    this.#parts = parts;
    this.#raw = reply.raw;
    reply.hijack();
    this.#raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      // Said to proxies that would hold it back until there is more of it.
      'x-accel-buffering': 'no',
      // Its connection ends with it, so that it does not hold up the end of the server.
      connection: 'close',
    });
    const heartbeat = setInterval(() => void this.#beat(), parts.limits.heartbeatMs);
    const onClosing = (): void => this.end('closing');
    parts.closing.addEventListener('abort', onClosing, { once: true });
    this.signal.addEventListener('abort', () => {
      clearInterval(heartbeat);
      clearTimeout(this.#slow);
      parts.closing.removeEventListener('abort', onClosing);
      leave();
    });
    this.#raw.on('drain', () => this.#drained());
    // A client that has gone resets what is still being written.
    this.#raw.on('error', () => undefined);
    this.#raw.on('close', () => this.#ended.abort());
    const place = parts.place();
    this.#raw.write(`${retryText(RETRY_MS)}${place === undefined ? '\n' : placeText(place)}`);
    if (parts.closing.aborted) this.end('closing');
  }

  /** Aborts when the stream has ended, by whomever. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether there is room for more; if not, `onRoom` says when. */
  send(text: string | Buffer): boolean {
    if (this.signal.aborted) return false;
    if (text.length > 0) this.#raw.write(text);
    // Only who has been told to wait is told when there is room.
    const isFull = this.#raw.writableLength >= this.#parts.limits.bufferBytes && this.#raw.writableNeedDrain;
    if (!isFull) return true;
    this.#slow ??= setTimeout(() => this.end('slow'), this.#parts.limits.slowMs);
    return false;
  }

  /** The last words, and why they are the last; they are not counted as a place. */
  end(why: EndReason): void {
    if (this.signal.aborted) return;
    this.#ended.abort();
    this.#raw.end(entryText({ event: 'end', data: { why } }));
    const cut = setTimeout(() => this.#raw.destroy(), FAREWELL_MS).unref();
    this.#raw.once('close', () => clearTimeout(cut));
  }

  #drained(): void {
    clearTimeout(this.#slow);
    this.#slow = undefined;
    if (!this.signal.aborted) this.#parts.onRoom();
  }

  async #beat(): Promise<void> {
    // Whoever takes nothing needs no sign of life.
    if (this.#slow === undefined) {
      const place = this.#parts.place();
      this.send(`${HEARTBEAT}${place === undefined ? '\n' : placeText(place)}`);
    }
    if (!(await this.#parts.stillMay())) this.end('token');
  }
}

/** What every stream of a server has in common. */
export type StreamCommon = Pick<StreamParts, 'closing' | 'seats' | 'limits'>;

export const openStream = (
  request: FastifyRequest,
  reply: FastifyReply,
  common: StreamCommon,
  own: Pick<StreamParts, 'place' | 'onRoom'>,
): EventStream => {
  const stillMay = () => request.server.stillMay(request);
  const stream = new EventStream(reply, { ...common, ...own, stillMay });
  request.lasts = true;
  return stream;
};
