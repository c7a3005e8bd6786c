/** One thing that `doctor` looks at. */

export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skipped';

export interface CheckResult {
  /** Stable, for programs: `redis-settings`. */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly message: string;
  /** What to do; absent where nothing has to be done. */
  readonly mend?: string;
}

export const ok = (name: string, message: string): CheckResult => ({ name, status: 'ok', message });
export const warn = (name: string, message: string, mend: string): CheckResult => ({
  name,
  status: 'warn',
  message,
  mend,
});
export const fail = (name: string, message: string, mend: string): CheckResult => ({
  name,
  status: 'fail',
  message,
  mend,
});
export const skipped = (name: string, message: string): CheckResult => ({ name, status: 'skipped', message });

/** What an error means for a check: its own words and mend. */
export function failBy(name: string, error: unknown): CheckResult {
  const message = error instanceof Error ? error.message : String(error);
  const mend = error instanceof Error && 'mend' in error ? String(error.mend) : 'See the message.';
  return fail(name, message, mend);
}
