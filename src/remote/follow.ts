/**
 * A stream of the API that outlives its connections: it goes on after the last entry that was taken, waits longer and longer while
 * nobody answers, and takes a connection that says nothing at all for a dead one.
 */
import { ApiError } from './api-error.js';
import { entriesOf } from './entries.js';
import type { Ask, Transport } from './transport.js';

export interface FollowRequest {
  readonly transport: Transport;
  readonly ask: Ask;
  /** Entries after this one; what the request itself says when absent. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type Followed =
  /** Connected; also anew. */
  | { readonly kind: 'open' }
  /** The connection is gone, and another is tried until there is one. Told once for each. */
  | { readonly kind: 'lost'; readonly error: ApiError }
  | {
      readonly kind: 'entry';
      readonly event: string | undefined;
      readonly id: string | undefined;
      readonly data: unknown;
    };

/** The server gives a sign of life every fifteen seconds. */
const SILENCE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Without an end of its own: whoever takes from it leaves, or its signal fires, whose reason it then throws. What the API refuses ends it,
 * and so does an API that is not there at the very first try.
 */
export async function* follow(request: FollowRequest): AsyncGenerator<Followed> {
  const { transport, signal } = request;
  let { after } = request;
  let wasOpen = false;
  let isLost = false;
  let failures = 0;
  for (;;) {
    const connection = new Connection(signal);
    let entries = 0;
    try {
      const body = await connection.open(request, after);
      wasOpen = true;
      isLost = false;
      yield { kind: 'open' };
      for await (const entry of entriesOf(connection.listening(body))) {
        entries += 1;
        // Who lets everybody in, says where they are and ends at once is no better than one who is away.
        if (entries > 1) failures = 0;
        if ('place' in entry) after = entry.place;
        else {
          yield { kind: 'entry', ...entry };
          after = entry.id ?? after;
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      const failure = unavailable(error);
      if (!wasOpen || failure === undefined) throw error;
      if (!isLost) yield { kind: 'lost', error: failure };
      isLost = true;
    } finally {
      connection.end();
    }
    failures += 1;
    await transport.pause(pauseAfter(failures), signal);
  }
}

/** Half as long to as long as its turn: clients that were sent away together shall not come back together. */
function pauseAfter(failures: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
  return longest / 2 + (Math.random() * longest) / 2;
}

/** Undefined for what another try cannot mend. */
function unavailable(error: unknown): ApiError | undefined {
  if (!(error instanceof ApiError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new ApiError('API_UNAVAILABLE', `the connection was lost (${message})`, { cause: error });
  }
  const passes = error.class === 'transient' || error.status === 503;
  return passes ? error : undefined;
}

class Connection {
  readonly #ended = new AbortController();
  readonly #until: AbortSignal | undefined;
  readonly #leave = (): void => this.end();
  #silence: NodeJS.Timeout | undefined;

  constructor(until: AbortSignal | undefined) {
    this.#until = until;
    until?.addEventListener('abort', this.#leave, { once: true });
  }

  async open({ transport, ask }: FollowRequest, after: string | undefined): Promise<Response['body']> {
    this.#until?.throwIfAborted();
    this.#heard();
    const headers = {
      ...ask.headers,
      accept: 'text/event-stream',
      ...(after === undefined ? {} : { 'last-event-id': after }),
    };
    const response = await transport.open({ ...ask, headers }, this.#ended.signal, this.#until);
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream')) return response.body;
    throw new ApiError(
      'API_REFUSED',
      `answered ${type || 'nothing'} where a stream of events was asked for`,
      {
        status: response.status,
      },
    );
  }

  async *listening(body: Response['body']): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      this.#heard();
      yield chunk;
    }
  }

  end(): void {
    clearTimeout(this.#silence);
    this.#until?.removeEventListener('abort', this.#leave);
    this.#ended.abort();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.end(), SILENCE_MS).unref();
  }
}
