/** The text of Server-Sent Events (WHATWG HTML, “Server-sent events”). */
import type { FastifyRequest } from 'fastify';

export interface Entry {
  /** Where a client goes on after it. */
  readonly id?: string;
  /** Absent: what `onmessage` of an EventSource hears. */
  readonly event?: string;
  readonly data: unknown;
}

/** JSON has no line ends outside of its texts, where they are escaped: one line of data is enough. */
export const entryText = ({ id, event, data }: Entry): string =>
  [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    `data: ${JSON.stringify(data)}`,
    '\n',
  ].join('\n');

/** Moves the client’s place and is no event to it. */
export const placeText = (id: string): string => `id: ${id}\n\n`;

export const retryText = (afterMs: number): string => `retry: ${afterMs}\n`;

/** Keeps what lies between from taking the connection for idle. */
export const HEARTBEAT = ': alive\n';

/** A HEAD asks for the headers of something that ends. */
export const wantsStream = ({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean =>
  method === 'GET' && /(^|[\s,])text\/event-stream\b/i.test(headers.accept ?? '');
