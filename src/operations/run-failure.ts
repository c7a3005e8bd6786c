/** Why a run did not do what was asked: one shape for what Terraform said and for what was thrown around it. */
import { type DiagnosticSummary, type ErrorCode, NodeyardError } from '../errors.js';

export interface RunFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly diagnostics: readonly DiagnosticSummary[];
}

const DISK_FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** What was thrown before a process started, as a failure of the operation. */
export function failureOfError(error: unknown): RunFailure {
  if (error instanceof NodeyardError) {
    return { code: error.code, message: error.message, diagnostics: error.diagnostics };
  }
  const message = error instanceof Error ? error.message : String(error);
  const full = error instanceof Error && 'code' in error && DISK_FULL.includes(error.code);
  return { code: full ? 'DISK_FULL' : 'UNKNOWN', message, diagnostics: [] };
}
