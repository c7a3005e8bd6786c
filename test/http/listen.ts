/** A client of Server-Sent Events for tests: a real socket, read only as fast as the test wants. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface Listener {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly entries: readonly EventSourceMessage[];
  readonly comments: readonly string[];
  /** Data of entries without a name. */
  data<T>(): T[];
  named(event: string): unknown[];
  readonly answer: IncomingMessage;
  readonly ended: Promise<void>;
  leave(): void;
}

export function listenTo(
  url: string,
  {
    token,
    headers = {},
    paused = false,
  }: { token: string; headers?: Record<string, string>; paused?: boolean },
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(
      url,
      {
        headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...headers },
        agent: false,
      },
      (answer) => {
        const entries: EventSourceMessage[] = [];
        const comments: string[] = [];
        let text = '';
        const parser = createParser({
          onEvent: (entry) => void entries.push(entry),
          onComment: (comment) => void comments.push(comment),
        });
        const take = (): void => {
          answer.on('data', (chunk: Buffer) => {
            text += chunk.toString();
            parser.feed(chunk.toString());
          });
        };
        const ended = new Promise<void>((done) => {
          answer.once('close', done);
        });
        answer.on('error', () => undefined);
        if (paused) answer.pause();
        else take();
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          get text() {
            return text;
          },
          entries,
          comments,
          data: <T>() =>
            entries.filter(({ event }) => event === undefined).map(({ data }) => JSON.parse(data) as T),
          named: (event) =>
            entries.filter((entry) => entry.event === event).map(({ data }) => JSON.parse(data)),
          answer,
          ended,
          leave: () => sent.destroy(),
        });
        if (paused) answer.once('resume', take);
      },
    );
    sent.on('error', reject).end();
  });
}
