/** Cuts what runs and people write to a size that records and events can bear. */
import type { DiagnosticSummary } from '../errors.js';
import type { Failure, LastError } from '../node/record.js';

export const MAX_TEXT = 2_000;
export const MAX_DIAGNOSTICS = 10;

/** At most MAX_TEXT UTF-16 units, without half characters: a lone surrogate is not valid in Redis’ JSON reader. */
function boundText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
  return cut.replace(/\p{Surrogate}/gu, '\u{FFFD}');
}

export const boundOptional = (reason: string | undefined): string | undefined =>
  reason === undefined ? undefined : boundText(reason);

function boundDiagnostic({ severity, summary, detail, address }: DiagnosticSummary): DiagnosticSummary {
  return {
    severity,
    summary: boundText(summary),
    ...(detail === undefined ? {} : { detail: boundText(detail) }),
    ...(address === undefined ? {} : { address: boundText(address) }),
  };
}

export function boundFailure(failure: Omit<Failure, 'at'>): Omit<Failure, 'at'> {
  return {
    ...failure,
    message: boundText(failure.message),
    diagnostics: failure.diagnostics.slice(0, MAX_DIAGNOSTICS).map(boundDiagnostic),
  };
}

export const boundError = ({ code, message }: LastError): LastError => ({
  code,
  message: boundText(message),
});
