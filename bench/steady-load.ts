/**
 * Requests at a steady rate, whether or not the server keeps up: each has a moment at which it is due, and its time counts from then.
 * (autocannon sends what is due in a second in one burst at its beginning.) Plain sockets, one request at a time on each.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadSample, LoadWish } from './api-load.js';
import { percentileOf } from './statistics.js';

const TICK_MS = 2;
/** For what is still under way at the end. */
const PATIENCE_MS = 10_000;

interface Due {
  readonly request: string;
  readonly at: number;
}

/** Throws when any request is answered by anything but success, or not at all. */
export async function steadyLoad({
  url,
  paths,
  seconds,
  connections,
  rate,
  token,
  signal,
}: LoadWish & { readonly rate: number }): Promise<LoadSample> {
  const { hostname, port } = new URL(url);
  const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${authorization}\r\n`);
  const times: number[] = [];
  const waiting: Due[] = [];
  const idle: Connection[] = [];
  let errors = 0;
  const all = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      const connection = new Connection(socket, (at, isGood) => {
        times.push(performance.now() - at);
        if (!isGood) errors += 1;
        const next = waiting.shift();
        if (next === undefined) idle.push(connection);
        else connection.send(next);
      });
      idle.push(connection);
      return connection;
    }),
  );
  const start = performance.now();
  let sent = 0;
  const total = seconds * rate;
  while (sent < total) {
    signal.throwIfAborted();
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate));
    for (; sent < due; sent += 1) {
      const next = { request: requests[sent % requests.length] as string, at: start + (sent / rate) * 1_000 };
      const connection = idle.pop();
      if (connection === undefined) waiting.push(next);
      else connection.send(next);
    }
    await sleep(TICK_MS);
  }
  const until = performance.now() + PATIENCE_MS;
  while (times.length < total && performance.now() < until) await sleep(TICK_MS);
  const lasted = (performance.now() - start) / 1_000;
  for (const connection of all) connection.end();
  const unanswered = total - times.length;
  if (errors + unanswered > 0)
    throw new Error(
      `the rate was not held: of ${total} requests ${errors} had an error and ${unanswered} no answer ${PATIENCE_MS / 1_000} s after the last one was due`,
    );
  return {
    perSecond: times.length / lasted,
    p50: percentileOf(times, 50),
    p99: percentileOf(times, 99),
    max: percentileOf(times, 100),
    requests: times.length,
    errors,
  };
}

const HEAD_END = '\r\n\r\n';

/** One request at a time. */
class Connection {
  readonly #socket: Socket;
  #at = 0;
  #text = '';
  /** Bytes of the whole answer, once its head is there. */
  #length: number | undefined;

  constructor(socket: Socket, onAnswer: (at: number, isGood: boolean) => void) {
    this.#socket = socket;
    // Bytes as characters: lengths are counted in bytes.
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.#text += chunk;
      this.#length ??= wholeLength(this.#text);
      if (this.#length === undefined || this.#text.length < this.#length) return;
      const isGood = this.#text.startsWith('HTTP/1.1 200');
      this.#text = '';
      this.#length = undefined;
      onAnswer(this.#at, isGood);
    });
    socket.on('error', () => undefined);
  }

  send({ request, at }: Due): void {
    this.#at = at;
    this.#socket.write(request);
  }

  end(): void {
    this.#socket.destroy();
  }
}

function wholeLength(text: string): number | undefined {
  const head = text.indexOf(HEAD_END);
  if (head < 0) return undefined;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head)) ?? [];
  if (length === undefined) throw new Error('an answer does not say how long it is');
  return head + HEAD_END.length + Number(length);
}
