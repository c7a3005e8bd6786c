/** A receiver of webhooks on loopback: a real server that answers as its test says, and remembers what it got. */
import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The address that was called. */
  readonly at: string | undefined;
}

export type Answerer = (response: ServerResponse, received: Received) => void;

export const answering =
  (status: number, headers: http.OutgoingHttpHeaders = {}, body = ''): Answerer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

export interface ReceiverOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class Receiver {
  readonly received: Received[] = [];
  /** What the next requests get, one each; afterwards `answer`. */
  readonly next: Answerer[] = [];
  answer: Answerer = answering(200);
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;

  private constructor(server: http.Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async open({ host = '127.0.0.1', port = 0, tls }: ReceiverOptions = {}): Promise<Receiver> {
    const listener = (request: IncomingMessage, response: ServerResponse): void =>
      void receiver.#take(request, response);
    const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
    const receiver = new Receiver(server, tls === undefined ? 'http' : 'https');
    server.listen(port, host);
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** With a query, because people put secrets there. */
  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}/hook?key=query-secret`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** The ids of the messages, in the order in which they came. */
  get ids(): string[] {
    return this.received.map(({ headers }) => String(headers['webhook-id']));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = request.socket.localAddress;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const { method, url: path, headers } = request;
    const received = { method, path, headers, body: Buffer.concat(chunks).toString('utf8'), at };
    this.received.push(received);
    (this.next.shift() ?? this.answer)(response, received);
  }

  /** Cuts every connection and listens no more. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A server that speaks no HTTP: `speak` gets every connection. */
export async function rawServer(
  speak: (socket: Socket) => void,
): Promise<{ readonly url: string; readonly connections: () => number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    speak(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
