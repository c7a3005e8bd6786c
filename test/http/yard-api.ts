/** A nodeyard with its API for a test: real HTTP, real Redis, tokens of every scope. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { type StartedApi, startApi } from '../../src/api.js';
import type { App } from '../../src/app.js';
import type { RankedScope } from '../../src/auth/scopes.js';
import { record, secret } from '../support/leaks/record.js';
import { Yard } from '../support/yard.js';

export interface Ask {
  readonly method?: string;
  /** A scope’s token, a token’s text, or none. `admin` when absent. */
  readonly as?: RankedScope | 'nobody' | `nyt_${string}`;
  readonly json?: unknown;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Told<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

/** Of every answer that is not a success. */
export interface ErrorTold {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly field?: string;
    readonly requestId: string;
  };
}

/** Of the token of the API; what stands before them is its id. */
const SECRET_CHARS = 43;

export class YardApi {
  readonly yard: Yard;
  readonly app: App;
  readonly api: StartedApi;
  readonly tokens: Readonly<Record<RankedScope, string>>;

  private constructor(parts: Pick<YardApi, 'yard' | 'api' | 'tokens'>) {
    this.yard = parts.yard;
    this.app = parts.yard.app;
    this.api = parts.api;
    this.tokens = parts.tokens;
  }

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<YardApi> {
    const yard = await Yard.open({
      NODEYARD_API_LISTEN: '127.0.0.1:0',
      NODEYARD_API_RATE_LIMIT: '0',
      ...settings,
    });
    const make = async (scope: RankedScope): Promise<string> => {
      const { token } = await yard.app.tokens.create({ name: `test-${scope}`, scope });
      secret(`a token of the scope ${scope}`, token.slice(-SECRET_CHARS));
      return token;
    };
    const tokens = {
      viewer: await make('viewer'),
      operator: await make('operator'),
      admin: await make('admin'),
    };
    return new YardApi({ yard, tokens, api: await startApi(yard.app) });
  }

  async ask<T = Record<string, unknown>>(path: string, ask: Ask = {}): Promise<Told<T>> {
    const { method = 'GET', as = 'admin', json, body, headers = {}, signal } = ask;
    const token = as === 'nobody' ? undefined : as.startsWith('nyt_') ? as : this.tokens[as as RankedScope];
    const response = await fetch(`${this.api.url}${path}`, {
      method,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    // Whoever makes a webhook is shown its secret, this once.
    if (!(method === 'POST' && path === '/v1/webhooks')) record('answers', `${text}\n`);
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson && text !== '' ? JSON.parse(text) : {}) as T,
    };
  }

  /** Sends bytes and answers everything that comes until the server ends the connection. */
  async raw(bytes: string): Promise<string> {
    return (await this.opened(this.api.url)).send(bytes);
  }

  /** A connection that says nothing yet. */
  async opened(url: string): Promise<{ send(bytes: string): Promise<string> }> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    // A server that has said enough may reset what is still being sent.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return {
      async send(bytes) {
        socket.write(bytes);
        await ended;
        return Buffer.concat(chunks).toString();
      },
    };
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.yard.close();
  }
}
