/** The provider’s way to the cloud: one method, with the SDK’s retries and its words for what went wrong. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller, CloudReply, SessionKeys } from '../api.js';

export interface Ec2Options {
  readonly socket: string;
  readonly region: string;
  readonly caller: Caller;
  /** Of the role that the provider has assumed. */
  readonly session?: SessionKeys | undefined;
  /** How often a call that was throttled, failed in the cloud or got no answer is made again; the SDK’s own is 24. */
  readonly retries: number;
  /** How long a wait for the cloud may last, in milliseconds. The provider’s own are minutes. */
  readonly patienceMs: number;
  /** Terraform has asked the provider to stop. */
  readonly stopped: AbortSignal;
  /** Ends this process at once, as a crash would. */
  readonly crash: () => never;
}

/** A call failed; the message is what the SDK for Go would print. */
export class CallFailure extends Error {
  readonly code: string | undefined;
  readonly retryable: boolean;

  constructor(message: string, { code, retryable }: { readonly code?: string; readonly retryable: boolean }) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const POLL_MS = 20;
const THROTTLED = /^(RequestLimitExceeded|Throttl|TooManyRequests|SlowDown)/;
const OF_STS = new Set(['GetCallerIdentity', 'AssumeRole']);

export class Ec2 {
  readonly region: string;
  readonly #options: Ec2Options;

  constructor(options: Ec2Options) {
    this.region = options.region;
    this.#options = options;
  }

  /** Throws a CallFailure. */
  async call<Output>(call: string, input: object): Promise<Output> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.#once(call, input)) as Output;
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        const { code, retryable, message } = error;
        if (retryable && attempt <= this.#options.retries) await sleep(Math.min(1000, 10 * 2 ** attempt));
        else {
          const tried = retryable ? `exceeded maximum number of attempts, ${attempt}, ` : '';
          const service = OF_STS.has(call) ? 'STS' : 'EC2';
          throw new CallFailure(`operation error ${service}: ${call}, ${tried}${message}`, {
            retryable,
            ...(code === undefined ? {} : { code }),
          });
        }
      }
    }
  }

  /** The same, where it may be that what is asked for does not exist: undefined then. */
  async find<Output>(call: string, input: object): Promise<Output | undefined> {
    try {
      return await this.call<Output>(call, input);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Asks until there is an answer other than undefined. `doing` begins the message of a wait that was too long. */
  async until<T>(doing: string, ask: () => Promise<T | undefined>): Promise<T> {
    const { stopped, patienceMs } = this.#options;
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) throw new Error(`${doing}: timeout while waiting for state`);
      await sleep(POLL_MS, undefined, { signal: stopped }).catch(() => {
        throw new Error(`${doing}: context canceled`);
      });
    }
  }

  /** Makes a call again while the cloud says that something is still in the way. */
  async insist(call: string, input: object, inTheWay: RegExp): Promise<void> {
    const deadline = Date.now() + this.#options.patienceMs;
    await this.until(call, async () => {
      try {
        await this.call(call, input);
        return true;
      } catch (error) {
        if (isNotFound(error)) return true;
        const waits =
          error instanceof CallFailure && inTheWay.test(error.code ?? '') && Date.now() < deadline;
        if (waits) return undefined;
        throw error;
      }
    });
  }

  arn(type: string, id: string): string {
    return `arn:aws:ec2:${this.region}:123456789012:${type}/${id}`;
  }

  async #once(call: string, input: object): Promise<object> {
    const { region, caller, session, crash } = this.#options;
    const { status, body } = await this.#post(JSON.stringify({ call, region, input, caller, session }));
    let reply: CloudReply;
    try {
      reply = JSON.parse(body) as CloudReply;
    } catch {
      throw new CallFailure(
        `https response error StatusCode: ${status}, RequestID: , deserialization failed, failed to decode response body, XML syntax error on line 1`,
        { retryable: false },
      );
    }
    if ('crash' in reply) return crash();
    if ('output' in reply) return reply.output;
    const { code, message } = reply.error;
    throw new CallFailure(
      `https response error StatusCode: ${status}, RequestID: ${reply.requestId}, api error ${code}: ${message}`,
      { code, retryable: THROTTLED.test(code) || code === 'InternalError' },
    );
  }

  #post(body: string): Promise<HttpAnswer> {
    const { socket, region, stopped } = this.#options;
    const failed = (why: string, retryable: boolean) =>
      new CallFailure(`https response error StatusCode: 0, RequestID: , ${why}`, { retryable });
    const lost = (why: string) =>
      stopped.aborted
        ? failed('canceled, context canceled', false)
        : failed(`request send failed, Post "https://ec2.${region}.amazonaws.com/": ${why}`, true);
    return new Promise((resolve, reject) => {
      const out = request(
        { socketPath: socket, path: '/call', method: 'POST', agent: false, signal: stopped },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', () => reject(lost('unexpected EOF')));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      out.on('error', (error: NodeJS.ErrnoException) =>
        reject(lost(error.code === 'ECONNRESET' ? 'EOF' : `dial: connection refused (${error.code})`)),
      );
      out.end(body);
    });
  }
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof CallFailure && /\.NotFound$/.test(error.code ?? '');
