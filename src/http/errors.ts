/**
 * Errors as HTTP tells them. Every answer that is not a success has one form, `{ error: { code, message, … } }`, and its
 * status follows from its code. The codes are those of errors.ts and, for what only HTTP can get wrong, those of this file.
 */
import { assertNever, ERROR_KINDS, type ErrorCode, NodeyardError } from '../errors.js';

interface HttpErrorKind {
  readonly status: number;
  /** What a person can do about it, in words. */
  readonly mend: string;
}

export const HTTP_ERROR_KINDS = {
  MALFORMED: { status: 400, mend: 'Send well-formed HTTP; the message says where it is not.' },
  UNAUTHENTICATED: {
    status: 401,
    mend: 'Send `Authorization: Bearer <token>` with a token that is valid; `nodeyard token create` makes one.',
  },
  FORBIDDEN: { status: 403, mend: 'Use a token of the scope that the message names.' },
  NOT_FOUND: { status: 404, mend: 'Look at /openapi.json for what there is.' },
  LOG_ELSEWHERE: {
    status: 404,
    mend: 'Ask the API on the machine of the worker that ran it, or look there with `nodeyard logs`; logs are kept for `retention.logs`.',
  },
  METHOD_NOT_ALLOWED: { status: 405, mend: 'Use one of the methods that the header Allow names.' },
  REQUEST_TIMEOUT: { status: 408, mend: 'Send the request faster, or raise `api.requestTimeout`.' },
  BODY_TOO_LARGE: { status: 413, mend: 'Send less at once, or raise `api.bodyLimit`.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, mend: 'Send JSON as `Content-Type: application/json`.' },
  RATE_LIMITED: { status: 429, mend: 'Wait for as long as Retry-After says, or raise `api.rateLimit`.' },
  HEADERS_TOO_LARGE: { status: 431, mend: 'Send fewer or shorter headers.' },
  UNFORESEEN: { status: 500, mend: 'The server’s log has it under the request id. Report it if it lasts.' },
  OVERDUE_ANSWER: {
    status: 503,
    mend: 'Try again: what was asked for may have been done. Raise `api.requestTimeout` if it lasts.',
  },
  TOO_MANY_LISTENERS: {
    status: 503,
    mend: 'Wait for as long as Retry-After says, ask another server, or raise `api.maxListeners`.',
  },
  CLOSING: { status: 503, mend: 'This server is being stopped. Try again, which finds another one.' },
  ISSUER_UNAVAILABLE: {
    status: 503,
    mend: 'The issuer’s keys cannot be had now. Check `api.oidc.jwksUrl` and the network, or use a token of nodeyard.',
  },
} as const satisfies Record<string, HttpErrorKind>;

export type HttpErrorCode = keyof typeof HTTP_ERROR_KINDS;
export type AnswerCode = ErrorCode | HttpErrorCode;

export interface HttpErrorOptions {
  readonly cause?: unknown;
  readonly field?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What only HTTP can get wrong. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: HttpErrorCode, message: string, options: HttpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.headers = options.headers ?? {};
  }
}

/** The body of every answer that is not a success. */
export interface ErrorBody {
  readonly error: {
    readonly code: AnswerCode;
    readonly message: string;
    /** The field that is wrong, as a path: `nodes[3].inputs.region`. */
    readonly field?: string;
    readonly mend: string;
    /** Of the HTTP request, as the header X-Request-Id and the log have it. */
    readonly requestId: string;
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** Seconds. Redis is back within moments, or it is not. */
const RETRY_AFTER = '1';

/** What is answered for an error. Nothing of one that was not foreseen is told: neither its message nor its stack. */
export function answerOf(error: unknown, requestId: string): Answer {
  if (error instanceof NodeyardError) {
    const status = statusOf(error.code);
    const { code, message, field, mend } = error;
    return answer(status, { code, message, field, mend }, requestId);
  }
  const told = error instanceof HttpError ? error : foreseen(error);
  const { status, mend } = HTTP_ERROR_KINDS[told.code];
  const { code, message, field, headers } = told;
  return answer(status, { code, message, field, mend }, requestId, headers);
}

function answer(
  status: number,
  told: { code: AnswerCode; message: string; field: string | undefined; mend: string },
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const { field, ...rest } = told;
  return {
    status,
    headers: { ...(status === 503 ? { 'retry-after': RETRY_AFTER } : {}), ...headers },
    body: { error: { ...rest, ...(field === undefined ? {} : { field }), requestId } },
  };
}

/** Codes of Fastify (docs/Reference/Errors.md) that a client can cause, in our words. */
function foreseen(error: unknown): HttpError {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new HttpError('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json', { cause: error });
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpError('BODY_TOO_LARGE', 'the body is larger than this server takes', { cause: error });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new HttpError('MALFORMED', 'the body is empty: send JSON, or leave Content-Type out');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new HttpError('MALFORMED', 'the body is not as long as Content-Length says', { cause: error });
    case 'FST_ERR_BAD_URL':
      return new HttpError('MALFORMED', 'the path is not a valid URL', { cause: error });
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new HttpError('NOT_FOUND', 'a part of the path is longer than any name', { cause: error });
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new HttpError('OVERDUE_ANSWER', 'the answer took too long', { cause: error });
    default:
      if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
        return new HttpError('MALFORMED', 'the request cannot be understood', { cause: error });
      }
      return new HttpError('UNFORESEEN', 'something went wrong that was not foreseen', { cause: error });
  }
}

/** The status of every code that a record, a run or a store can speak of. */
function statusOf(code: ErrorCode): number {
  switch (code) {
    case 'INVALID_INPUT':
    case 'UNKNOWN_STACK':
    case 'BAD_REQUEST':
      return 400;
    case 'UNKNOWN_NODE':
    case 'UNKNOWN_COMMAND':
    case 'UNKNOWN_WEBHOOK':
    case 'UNKNOWN_GROUP':
      return 404;
    case 'REQUEST_CONFLICT':
    case 'WRONG_STATE':
    case 'LEASE_HELD':
    case 'STATE_LOCKED':
    case 'WOULD_DESTROY':
    case 'NOT_EMPTY':
    case 'DEPENDENCY':
    case 'NOT_OURS':
    case 'TOO_MANY_COMMANDS':
    case 'GROUP_CONFLICT':
    case 'ROLE_IS_AUTO':
      return 409;
    case 'REDIS_UNAVAILABLE':
    case 'TERRAFORM_MISSING':
    case 'LEASE_LOST':
    case 'CANCELLED':
    case 'SHUTDOWN':
    case 'THROTTLED':
    case 'CAPACITY':
    case 'INVENTORY_UNAVAILABLE':
      return 503;
    case 'TIMED_OUT':
      return 504;
    // What a run met in its cloud, or what is broken here: it stands in records, and nothing a client sends leads to it.
    case 'QUOTA':
    case 'GONE':
    case 'CREDENTIALS':
    case 'DENIED':
    case 'NETWORK':
    case 'PROVIDER':
    case 'BUNDLE':
    case 'STATE_UNREADABLE':
    case 'STATE_MISSING':
    case 'DISK_FULL':
    case 'OUT_OF_MEMORY':
    case 'CRASHED':
    case 'CONFIGURATION':
    case 'OVERDUE':
    case 'VANISHED':
    case 'HEARTBEAT_LOST':
    case 'FAULT':
    case 'LOG_LIMIT':
    case 'UNKNOWN':
    case 'RECORD_UNREADABLE':
    case 'CONFIG_INVALID':
    // Said by clients of this API, never by itself.
    case 'API_UNAVAILABLE':
    case 'API_REFUSED':
      return 500;
    default:
      return assertNever(code);
  }
}

export const ANSWER_CODES = [
  ...(Object.keys(ERROR_KINDS) as ErrorCode[]),
  ...(Object.keys(HTTP_ERROR_KINDS) as HttpErrorCode[]),
] as const;
