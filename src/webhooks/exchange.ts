/**
 * One HTTP request over a connection of its own, to an address that was checked and to no other. Every phase has its time,
 * a redirect is an answer like any other, and little of what comes back is read.
 */
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction, TcpSocketConnectOpts } from 'node:net';
import type { Address } from './addresses.js';
import { type Answer, codeOf, unanswered } from './answer.js';
import type { Problem } from './webhook.js';

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the attempt at once. */
  readonly signal: AbortSignal;
}

export interface PostLimits {
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly connectMs: number;
  /** From there to the head of the answer. */
  readonly headMs: number;
  /** From there to as much of the body as is read. */
  readonly bodyMs: number;
}

/** Of a body; what is longer is cut off, and the connection with it. */
const MAX_BODY_BYTES = 4_096;
const MAX_SAID = 200;
/** The usual quarter of a second gives up on receivers that are far away. */
const FAMILY_ATTEMPT_MS = 2_000;

/** Gives the checked addresses to the connection, which asks nobody else. A literal address is used as it is. */
const lookupOf =
  (checked: readonly Address[]): LookupFunction =>
  (_host, { all }, callback) => {
    const [first] = checked;
    if (all === true) callback(null, [...checked]);
    else callback(null, first?.address ?? '', first?.family);
  };

/** Never rejects. A literal address in the URL has to be among the checked ones. */
export function exchange(
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
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
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
      if (!isOver) timer = setTimeout(late, ms);
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
