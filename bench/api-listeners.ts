/**
 * Listeners of the stream of events, all in this process, which its parent drives by messages. Every one of them has to hear every
 * beat (an event whose reason is `beat <number> <ms since 1970>`) once and in order; what it does not is counted.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentileOf } from './statistics.js';

export interface Listen {
  readonly url: string;
  readonly token: string;
  readonly count: number;
}
/** Asks for the tally once so many beats were sent. */
export interface Tell {
  readonly sent: number;
}
export interface Tally {
  /** Of all listeners together. */
  readonly heard: number;
  readonly lost: number;
  readonly twice: number;
  readonly ended: number;
  /** From just before the write to the listener, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const BEAT = /"reason":"beat (\d+) (\d+)"/;
/** Connections that are being opened at once. */
const AT_ONCE = 50;
const PATIENCE_MS = 15_000;
const POLL_MS = 20;

class Listener {
  /** The beat that comes next. */
  next = 0;
  lost = 0;
  twice = 0;
  #rest = '';

  hear(chunk: string, delays: number[]): void {
    const now = Date.now();
    const entries = `${this.#rest}${chunk}`.split('\n\n');
    this.#rest = entries.pop() ?? '';
    for (const entry of entries) {
      const [, number, at] = BEAT.exec(entry) ?? [];
      if (number === undefined) continue;
      delays.push(now - Number(at));
      const beat = Number(number);
      if (beat < this.next) this.twice += 1;
      else {
        this.lost += beat - this.next;
        this.next = beat + 1;
      }
    }
  }
}

const listeners: Listener[] = [];
const delays: number[] = [];
let ended = 0;

async function open({ url, token }: Listen): Promise<void> {
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
  const sent = request(`${url}/v1/events`, { headers, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`a listener was answered ${answer.statusCode}`);
  const listener = new Listener();
  listeners.push(listener);
  answer.setEncoding('utf8').on('data', (chunk: string) => listener.hear(chunk, delays));
  answer.on('error', () => undefined);
  answer.once('close', () => {
    ended += 1;
  });
}

async function openAll(listen: Listen): Promise<void> {
  for (let opened = 0; opened < listen.count; opened += AT_ONCE) {
    const some = Math.min(AT_ONCE, listen.count - opened);
    await Promise.all(Array.from({ length: some }, () => open(listen)));
  }
}

async function tally(sent: number): Promise<Tally> {
  const until = Date.now() + PATIENCE_MS;
  while (listeners.some(({ next }) => next < sent) && Date.now() < until) await sleep(POLL_MS);
  const sum = (of: (listener: Listener) => number): number =>
    listeners.reduce((total, each) => total + of(each), 0);
  return {
    heard: delays.length,
    lost: sum(({ lost, next }) => lost + sent - next),
    twice: sum(({ twice }) => twice),
    ended,
    p50: percentileOf(delays, 50),
    p99: percentileOf(delays, 99),
    max: percentileOf(delays, 100),
  };
}

process.on('message', (message: Listen | Tell) => {
  const work = 'sent' in message ? tally(message.sent) : openAll(message).then(() => 'open' as const);
  work.then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
process.send?.({ answer: 'ready' });
