/** Requests in closed loops, one at a time on each connection: what a server answers, and how soon. */
import autocannon from 'autocannon';

export interface LoadWish {
  readonly url: string;
  readonly paths: readonly string[];
  readonly seconds: number;
  readonly connections: number;
  readonly token?: string;
  readonly signal: AbortSignal;
}

export interface LoadSample {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly requests: number;
  /** Answers other than success, and none at all. */
  readonly errors: number;
}

/** Throws when any request is answered by anything but success. */
export async function load({
  url,
  paths,
  seconds,
  connections,
  token,
  signal,
}: LoadWish): Promise<LoadSample> {
  signal.throwIfAborted();
  let clients = 0;
  const running = autocannon({
    url,
    connections,
    duration: seconds,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    setupClient(client) {
      // Each begins elsewhere, or all would ask for the same at once.
      const first = Math.floor((clients++ * paths.length) / connections);
      client.setRequests([...paths.slice(first), ...paths.slice(0, first)].map((path) => ({ path })));
    },
  });
  const stop = (): void => running.stop();
  signal.addEventListener('abort', stop, { once: true });
  const { duration, requests, latency, errors, non2xx } = await running;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (errors + non2xx > 0)
    throw new Error(`${errors} requests had no answer and ${non2xx} had an error, of those like ${paths[0]}`);
  const { p50, p99, max } = latency;
  return {
    perSecond: requests.total / duration,
    p50,
    p99,
    max,
    requests: requests.total,
    errors: errors + non2xx,
  };
}
