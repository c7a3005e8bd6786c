/** Errors as the command line shows them: to people in two lines, to programs as one object. */
import { type ErrorCode, NodeyardError } from '../errors.js';
import { ApiError } from '../remote/api-error.js';
import type { ExitName } from './exit-status.js';
import { type InterruptCause, Interrupted } from './io.js';

export interface CommandErrorOptions {
  /** The option or argument that is wrong, as it is written: `--ttl`, `ID`. */
  readonly field?: string;
  /** What to do, in words; the mend of the code where absent. */
  readonly mend?: string;
  /** `usage` where absent. */
  readonly exit?: ExitName;
  readonly cause?: unknown;
}

/** An error of the command line itself, with a mend that fits what was typed. */
export class CommandError extends NodeyardError {
  readonly exit: ExitName;
  readonly #mend: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { field, mend, exit = 'usage', cause }: CommandErrorOptions = {},
  ) {
    super(code, message, {
      ...(field === undefined ? {} : { field }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.exit = exit;
    this.#mend = mend;
  }

  override get mend(): string {
    return this.#mend ?? super.mend;
  }
}

/** Something typed wrongly. Most such errors name their option. */
export const usageError = (message: string, field?: string, mend?: string): CommandError =>
  new CommandError('INVALID_INPUT', message, {
    mend: mend ?? 'Correct the command; `--help` after it shows what it takes.',
    ...(field === undefined ? {} : { field }),
  });

/** The stable shape of an error with `--json`. */
export interface ShownError {
  /** Of an error of an API, as that names it. */
  readonly code: ErrorCode | 'INTERRUPTED' | 'UNFORESEEN' | (string & {});
  readonly message: string;
  readonly field: string | null;
  readonly mend: string;
}

export function shownError(error: unknown): ShownError {
  if (error instanceof NodeyardError) {
    const code = (error instanceof ApiError ? error.answerCode : undefined) ?? error.code;
    const mend = code === 'UNAUTHENTICATED' ? TOKEN : error.mend;
    return { code, message: error.message, field: error.field ?? null, mend };
  }
  if (error instanceof Interrupted) {
    return {
      code: 'INTERRUPTED',
      message: error.message,
      field: null,
      mend: 'What was asked for goes on; `nodeyard watch` shows it.',
    };
  }
  return {
    code: 'UNFORESEEN',
    message: error instanceof Error ? error.message : String(error),
    field: null,
    mend: 'Run it again with `--log-level debug`; if it lasts, report it with what that prints.',
  };
}

const TOKEN =
  'Set NODEYARD_API_TOKEN to a token of that API that is valid; `nodeyard token create` makes one.';

const BY_CODE: Partial<Record<ErrorCode, ExitName>> = {
  INVALID_INPUT: 'usage',
  UNKNOWN_STACK: 'usage',
  CONFIG_INVALID: 'usage',
  REDIS_UNAVAILABLE: 'redis',
  API_UNAVAILABLE: 'redis',
  API_REFUSED: 'usage',
  UNKNOWN_NODE: 'missing',
  UNKNOWN_COMMAND: 'missing',
  TOO_MANY_COMMANDS: 'refused',
  UNKNOWN_WEBHOOK: 'missing',
  UNKNOWN_GROUP: 'missing',
  GROUP_CONFLICT: 'refused',
  ROLE_IS_AUTO: 'refused',
  TIMED_OUT: 'timeout',
  WRONG_STATE: 'refused',
  REQUEST_CONFLICT: 'refused',
  LEASE_HELD: 'refused',
};

const BY_INTERRUPT: Readonly<Record<InterruptCause, ExitName>> = {
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
  EPIPE: 'closed',
};

/** The exit status for an error that ended a command. */
export function exitNameOf(error: unknown): ExitName {
  if (error instanceof Interrupted) return BY_INTERRUPT[error.by];
  if (error instanceof CommandError) return error.exit;
  // The only refusals that say something of what was asked, and nothing of how.
  if (error instanceof ApiError && error.answerCode === 'FORBIDDEN') return 'refused';
  if (error instanceof ApiError && error.answerCode === 'LOG_ELSEWHERE') return 'missing';
  if (error instanceof NodeyardError) return BY_CODE[error.code] ?? 'failed';
  return 'failed';
}
