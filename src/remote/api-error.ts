/** What went wrong with an API that is elsewhere: it refused, it cannot do it now, or nobody answered. */
import { ERROR_KINDS, type ErrorCode, NodeyardError } from '../errors.js';
import type { AnswerCode, ErrorBody } from '../http/errors.js';

export interface ApiErrorOptions {
  /** Of the answer; absent where there was none. */
  readonly status?: number;
  /** As the API names it. A newer one may say what is not known here. */
  readonly answerCode?: AnswerCode | (string & {});
  /** Names the request in the API’s log. */
  readonly requestId?: string;
  readonly field?: string;
  readonly mend?: string;
  /** How long to wait before another try (ms), where the API said so. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * An error of an API or on the way to it. `code` is one of the closed set: what the API says where it says one of them, otherwise
 * API_UNAVAILABLE (try again) or API_REFUSED. The token is in none of its words.
 */
export class ApiError extends NodeyardError {
  readonly status: number | undefined;
  readonly answerCode: ApiErrorOptions['answerCode'];
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly #mend: string | undefined;

  constructor(code: ErrorCode, message: string, options: ApiErrorOptions = {}) {
    const { field, cause } = options;
    super(code, message, {
      ...(field === undefined ? {} : { field }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.status = options.status;
    this.answerCode = options.answerCode;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
    this.#mend = options.mend;
  }

  override get mend(): string {
    return this.#mend ?? super.mend;
  }
}

type Told = Partial<ErrorBody['error']>;

/** One refusal of many, or the body of an answer. */
export function errorOf(told: Told, answer: Pick<ApiErrorOptions, 'status' | 'retryAfterMs'> = {}): ApiError {
  const { code: answerCode = 'UNKNOWN', message = 'no reason was given', field, mend, requestId } = told;
  return new ApiError(codeOf(answerCode, answer.status), message, {
    ...answer,
    answerCode,
    ...(field === undefined ? {} : { field }),
    ...(mend === undefined ? {} : { mend }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

/** What is not there may be there in a newer API. */
const MISSING_ROUTE: readonly unknown[] = ['NOT_FOUND', 'METHOD_NOT_ALLOWED'];

/** The error of an answer that is none of this API’s successes. `text` is its body, `asked` method and path of the request. */
export function errorOfAnswer(response: Response, text: string, asked: string): ApiError {
  const retryAfterMs = retryAfterOf(response.headers.get('retry-after'));
  const answer = { status: response.status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const told = toldIn(text);
  if (told !== undefined && MISSING_ROUTE.includes(told.code)) {
    const mend = 'Look at /openapi.json of that API for what there is; an older one has less.';
    return errorOf({ ...told, message: `${asked}: ${told.message}`, mend }, answer);
  }
  if (told !== undefined) return errorOf(told, answer);
  // A proxy’s page, or something else altogether.
  const away = response.status >= 500;
  return new ApiError(
    away ? 'API_UNAVAILABLE' : 'API_REFUSED',
    `${asked}: answered ${response.status} and not as a nodeyard API does${redirection(response)}`,
    { ...answer, ...(away ? {} : { mend: 'Check the URL: it is that of the API, without /v1.' }) },
  );
}

const redirection = ({ status, headers }: Response): string => {
  const location = status >= 300 && status < 400 ? headers.get('location') : null;
  // The token is sent to nobody but who was named.
  return location === null ? '' : `: it points to ${originOf(location)}`;
};

function originOf(location: string): string {
  try {
    return new URL(location).origin;
  } catch {
    return 'another path';
  }
}

function toldIn(text: string): Told | undefined {
  try {
    const body = JSON.parse(text) as { error?: unknown } | null;
    const error = body?.error;
    return typeof error === 'object' && error !== null && 'code' in error && 'message' in error
      ? (error as Told)
      : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(answerCode: string, status: number | undefined): ErrorCode {
  if (Object.hasOwn(ERROR_KINDS, answerCode)) return answerCode as ErrorCode;
  const passes = status !== undefined && (status >= 500 || status === 429 || status === 408);
  return passes ? 'API_UNAVAILABLE' : 'API_REFUSED';
}

/** Seconds; dates are not sent by this API. */
function retryAfterOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}
