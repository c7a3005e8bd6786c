/**
 * One request to a receiver, of which nothing good is assumed: it goes to an address that was checked and to no other, every
 * phase has its time, redirects are answers like any other, and little of what comes back is read.
 */
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction, TcpSocketConnectOpts } from 'node:net';
import { type Address, type AddressRules, literalAddress } from './addresses.js';
import type { Resolve } from './resolve.js';
import { hostOf, type UrlRules, urlRefusal } from './url.js';
import type { Problem } from './webhook.js';

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the attempt at once. */
  readonly signal: AbortSignal;
}

export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Of the header, as it came. */
      readonly retryAfter?: string;
      /** The beginning of the body. */
      readonly said: string;
    }
  /** `detail`: a code or an address; nothing of the URL, which may hold a secret. */
  | { readonly kind: 'unanswered'; readonly problem: Problem; readonly detail: string }
  /** By the signal. */
  | { readonly kind: 'stopped' };

/** Never rejects. */
export type Post = (request: PostRequest) => Promise<Answer>;

export interface PostLimits {
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly connectMs: number;
  /** From there to the head of the answer. */
  readonly headMs: number;
  /** From there to as much of the body as is read. */
  readonly bodyMs: number;
}

export interface PostOptions {
  readonly rules: UrlRules & { readonly addresses: AddressRules };
  readonly resolve: Resolve;
  readonly limits: PostLimits;
}

/** Of a body; what is longer is cut off, and the connection with it. */
const MAX_BODY_BYTES = 4_096;
const MAX_SAID = 200;
/** The usual quarter of a second gives up on receivers that are far away. */
const FAMILY_ATTEMPT_MS = 2_000;

export function createPost({ rules, resolve, limits }: PostOptions): Post {
  return async (request) => {
    const { url, signal } = request;
    if (signal.aborted) return { kind: 'stopped' };
    const refusal = urlRefusal(url, rules);
    if (refusal !== undefined) return unanswered('not-allowed', refusal);
    const startedAt = performance.now();
    const host = hostOf(url);
    const found = await addressesOf(host, resolve, signal, limits.connectMs);
    if ('kind' in found) return found;
    const refusals = found.map((address) => rules.addresses.refusal(address, host));
    const checked = found.filter((_, index) => refusals[index] === undefined);
    if (checked.length === 0) return unanswered('not-allowed', refusals[0] ?? host);
    if (signal.aborted) return { kind: 'stopped' };
    const left = Math.max(1, limits.connectMs - (performance.now() - startedAt));
    return exchange(request, checked, { ...limits, connectMs: left });
  };
}

const unanswered = (problem: Problem, detail: string): Answer => ({ kind: 'unanswered', problem, detail });

async function addressesOf(
  host: string,
  resolve: Resolve,
  signal: AbortSignal,
  withinMs: number,
): Promise<readonly Address[] | Answer> {
  const literal = literalAddress(host);
  if (literal !== undefined) return [literal];
  const late = new AbortController();
  const stop = (): void => late.abort();
  const timer = setTimeout(stop, withinMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await resolve(host, late.signal);
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    return late.signal.aborted ? unanswered('timed-out', 'name') : unanswered('unresolved', codeOf(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Gives the checked addresses to the connection, which asks nobody else. A literal address is used as it is. */
const lookupOf =
  (checked: readonly Address[]): LookupFunction =>
  (_host, { all }, callback) => {
    const [first] = checked;
    if (all === true) callback(null, [...checked]);
    else callback(null, first?.address ?? '', first?.family);
  };

function exchange(
  { url, headers, body, signal }: PostRequest,
  checked: readonly Address[],
  limits: PostLimits,
): Promise<Answer> {
  return new Promise((resolve) => {
    const { request: ask } = url.protocol === 'https:' ? https : http;
    const options: https.RequestOptions & Partial<TcpSocketConnectOpts> = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // A connection that is kept would be one whose address was checked for an earlier attempt.
      agent: false,
      lookup: lookupOf(checked),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: FAMILY_ATTEMPT_MS,
      rejectUnauthorized: true,
    };
    const request = ask(url, options);

    let answer: Answer = unanswered('cut', 'no answer');
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(answer);
      request.destroy();
    };
    const fail = (problem: Problem, detail: string): void => {
      answer = unanswered(problem, detail);
      end();
    };
    const stop = (): void => {
      answer = { kind: 'stopped' };
      end();
    };
    const phase = (ms: number, late: () => void): void => {
      clearTimeout(timer);
      timer = setTimeout(late, ms);
    };
    signal.addEventListener('abort', stop, { once: true });

    phase(limits.connectMs, () => fail('timed-out', 'connection'));
    request.once('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () =>
        phase(limits.headMs, () => fail('timed-out', 'answer')),
      );
    });
    // Also after the end: a request that is destroyed says so as an error.
    request.on('error', (error) => {
      if (answer.kind === 'answered') end();
      else fail(problemOf(error), codeOf(error));
    });
    // A switch of protocols is an answer as well; nobody asked for it.
    request.once('upgrade', ({ statusCode = 101 }) => {
      answer = { kind: 'answered', status: statusCode, said: '' };
      end();
    });
    request.once('close', end);
    request.once('response', (response) => {
      const { statusCode = 0 } = response;
      const retryAfter = response.headers['retry-after'];
      const head = { status: statusCode, ...(retryAfter === undefined ? {} : { retryAfter }) };
      const chunks: Buffer[] = [];
      let read = 0;
      answer = { kind: 'answered', ...head, said: '' };
      phase(limits.bodyMs, end);
      response.on('data', (chunk: Buffer) => {
        read += chunk.byteLength;
        chunks.push(chunk);
        answer = { kind: 'answered', ...head, said: saidIn(chunks) };
        if (read >= MAX_BODY_BYTES) end();
      });
      response.once('end', end);
      response.on('error', end);
    });
    request.end(body);
  });
}

/** One line of what a receiver said, for people. */
const saidIn = (chunks: readonly Buffer[]): string =>
  Buffer.concat(chunks)
    .subarray(0, MAX_BODY_BYTES)
    .toString('utf8')
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_SAID);

const codeOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
};

const UNREACHABLE =
  /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EACCES|EINVAL|ETIMEDOUT|EAFNOSUPPORT)$/;

function problemOf(error: Error): Problem {
  // Of several addresses each failed by itself.
  if (error instanceof AggregateError) return 'unreachable';
  const code = codeOf(error);
  if (UNREACHABLE.test(code)) return 'unreachable';
  if (code.startsWith('HPE_')) return 'unreadable';
  if (/CERT|TLS|SSL|SIGNATURE|^EPROTO$/.test(code)) return 'untrusted';
  return 'cut';
}
