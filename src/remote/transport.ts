/**
 * One request to the API and its answer: the token, the time-out, the tries. What an answer means is the business of the families
 * of calls beside this file.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from './address.js';
import { ApiError, errorOfAnswer } from './api-error.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Of every call. */
export interface CallOptions {
  /** Ends the call; it then throws the signal’s reason. */
  readonly signal?: AbortSignal;
  /** For each try, in milliseconds; what `connectApi` was told when absent. */
  readonly timeoutMs?: number;
}

type Scalar = string | number | boolean | undefined;
export type Query = Readonly<Record<string, Scalar | readonly Scalar[]>>;

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From `path`. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The same request twice is as good as once. True of every GET. */
  readonly repeatable?: boolean;
  /** Answers besides the 2xx that are none of errors. */
  readonly alsoGood?: readonly number[];
}

export interface TransportParts {
  readonly address: Address;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  /** After the first one. */
  readonly retries: number;
  /** Where the API wants a longer pause, it is not made. */
  readonly longestPauseMs: number;
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

interface Limits {
  /** The caller’s. */
  readonly until: AbortSignal | undefined;
  /** Absent where nothing but the caller ends it. */
  readonly timeoutMs?: number;
}

/** A path with its values encoded, so that none of them is anything else than a segment. */
export const path = (texts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  texts.map((text, index) => text + segment(values[index])).join('');

function segment(value: string | number | undefined): string {
  if (value === undefined) return '';
  const text = encodeURIComponent(value);
  // URL parsers take these for a step up or none, encoded or not; no id is one of them.
  if (text === '' || text === '.' || text === '..') return `%00${text}`;
  return text;
}

export const pauseFor = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
};

export class Transport {
  readonly #parts: TransportParts;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  get pause(): TransportParts['pause'] {
    return this.#parts.pause;
  }

  /** The JSON of a success. Throws ApiError, or the signal’s reason. */
  async ask<Answer>(ask: Ask, options: CallOptions = {}): Promise<Answer> {
    const { text } = await this.read(ask, options);
    try {
      return JSON.parse(text()) as Answer;
    } catch (cause) {
      throw new ApiError('API_REFUSED', 'answered with what is no JSON: is this a nodeyard API?', {
        cause,
        mend: 'Check the URL: it is that of the API, without /v1.',
      });
    }
  }

  /** The bytes of a success. Throws ApiError, or the signal’s reason. */
  async read(
    ask: Ask,
    options: CallOptions = {},
  ): Promise<{ readonly headers: Headers; readonly bytes: Uint8Array; readonly text: () => string }> {
    for (let tries = 0; ; tries += 1) {
      options.signal?.throwIfAborted();
      try {
        const timeoutMs = options.timeoutMs ?? this.#parts.timeoutMs;
        const late = AbortSignal.timeout(timeoutMs);
        const limits = { until: options.signal, timeoutMs };
        const response = await this.#send(ask, either(options.signal, late), limits);
        const bytes = await this.#within(limits, async () => new Uint8Array(await response.arrayBuffer()));
        const text = (): string => new TextDecoder().decode(bytes);
        if (response.ok || ask.alsoGood?.includes(response.status) === true) {
          return { headers: response.headers, bytes, text };
        }
        throw errorOfAnswer(response, text(), namedAs(ask));
      } catch (error) {
        const pauseMs = this.#pauseBefore(error, ask, tries);
        if (pauseMs === undefined) throw error;
        await this.#parts.pause(pauseMs, options.signal);
      }
    }
  }

  /** The headers of a stream; its body ends with `signal`. Throws ApiError, or the signal’s reason. */
  async open(ask: Ask, signal: AbortSignal, until: AbortSignal | undefined): Promise<Response> {
    const response = await this.#send(ask, signal, { until });
    if (response.ok) return response;
    throw errorOfAnswer(response, await this.#within({ until }, () => response.text()), namedAs(ask));
  }

  #send({ method, path: place, query = {}, body, headers }: Ask, signal: AbortSignal, limits: Limits) {
    const { address, fetch } = this.#parts;
    const init: RequestInit = {
      method,
      signal,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...(address.token === undefined ? {} : { authorization: `Bearer ${address.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return this.#within(limits, () => fetch(`${address.base}${place}${searchOf(query)}`, init));
  }

  /** Runs a step of a request; what keeps it from being done is told in our words, the caller’s abort aside. */
  async #within<T>({ until, timeoutMs }: Limits, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (until?.aborted === true) throw until.reason;
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      const why = isLate ? `no answer within ${timeoutMs} ms` : reasonOf(error);
      throw new ApiError('API_UNAVAILABLE', `${this.#parts.address.base}: ${why}`, { cause: error });
    }
  }

  /** How long to wait before the next try; undefined where there is none. */
  #pauseBefore(error: unknown, { method, repeatable = method === 'GET' }: Ask, tries: number) {
    if (!(error instanceof ApiError) || tries >= this.#parts.retries) return undefined;
    const { status, retryAfterMs } = error;
    // Who is refused for asking too often has been given nothing.
    const mayRepeat = status === 429 || (status === 503 && repeatable);
    if (!mayRepeat || retryAfterMs === undefined || retryAfterMs > this.#parts.longestPauseMs)
      return undefined;
    return retryAfterMs;
  }
}

const namedAs = ({ method, path: place }: Ask): string => `${method} ${place}`;

const either = (one: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  one === undefined ? other : AbortSignal.any([one, other]);

/** `fetch failed` says nothing; what it was caused by does. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') {
    return `cannot be reached (${cause.code})`;
  }
  return `cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`;
}

function searchOf(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = Array.isArray(value) ? value.join(',') : String(value);
    return [`${name}=${encodeURIComponent(text)}`];
  });
  return given.length === 0 ? '' : `?${given.join('&')}`;
}
