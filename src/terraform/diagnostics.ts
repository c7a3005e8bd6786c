/**
 * Why a run failed, as one code of the closed set. What we know ourselves comes first (stopped, killed, a signal), then
 * Terraform’s diagnostics, then the text it left. Prose decides nothing beyond the code.
 */
import { assertNever, type DiagnosticSummary, type ErrorCode } from '../errors.js';
import type { Operation } from '../node/lifecycle.js';
import { codeOfStatus, DECIDING_ORDER, DIAGNOSTIC_RULES, type DiagnosticRule } from './diagnostic-rules.js';
import type { Diagnostic } from './messages.js';
import type { RunResult, StopReason } from './start.js';

export type Evidence = Pick<
  RunResult,
  'exitCode' | 'signal' | 'stopped' | 'killed' | 'startError' | 'diagnostics' | 'lastLines'
>;
export interface Classification {
  readonly code: ErrorCode;
  /** One or two sentences for people, at most some 500 characters. */
  readonly message: string;
  /** Of the errors, the deciding one first; at most ten. */
  readonly diagnostics: readonly DiagnosticSummary[];
}

const MAX_DIAGNOSTICS = 10;
const MAX_MESSAGE_CHARS = 500;
const MAX_DETAIL_CHARS = 1000;

/** For a result that is not a success; see `succeeded`. */
export function classify(failed: {
  readonly operation: Operation;
  readonly result: Evidence;
}): Classification {
  const { operation, result } = failed;
  const judged = judge(result.diagnostics, operation);
  const diagnostics = judged.slice(0, MAX_DIAGNOSTICS).map(({ diagnostic }) => summaryOf(diagnostic));
  const known = knownBefore(result);
  if (known !== undefined) return { ...known, diagnostics };
  const [deciding] = judged.filter(({ decides }) => decides);
  if (deciding !== undefined && deciding.code !== 'UNKNOWN') {
    return { code: deciding.code, message: messageOf(deciding.diagnostic), diagnostics };
  }
  const text = result.lastLines.join('\n');
  const fromText = codeOfText(text);
  if (deciding !== undefined) {
    return { code: fromText ?? deciding.code, message: messageOf(deciding.diagnostic), diagnostics };
  }
  return { code: fromText ?? 'CRASHED', message: lastWords(result), diagnostics };
}

/** Terraform did all that was asked. */
export const succeeded = (result: Pick<RunResult, 'exitCode'>): boolean => result.exitCode === 0;

/** For `init`, which prints prose: the code that its text shows, or UNKNOWN. */
export function classifyText(text: string): ErrorCode {
  return ruleCode({ text, apiCode: apiCodeOf(text) }, 'create') ?? 'UNKNOWN';
}

/** What we did or saw ourselves needs no reading. */
function knownBefore(result: Evidence): { code: ErrorCode; message: string } | undefined {
  if (result.startError !== undefined) {
    const missing = /ENOENT|not found/i.test(result.startError);
    return {
      code: missing ? 'TERRAFORM_MISSING' : 'CRASHED',
      message: `Terraform could not be started: ${shorten(result.startError, MAX_MESSAGE_CHARS)}`,
    };
  }
  if (result.stopped !== undefined) return stoppedBy(result.stopped, result.killed);
  if (result.exitCode === undefined && result.signal === undefined)
    return { code: 'CRASHED', message: 'Terraform’s guard was killed from outside and the run was stopped.' };
  if (result.signal === 'SIGKILL')
    return { code: 'OUT_OF_MEMORY', message: 'Terraform was killed from outside, probably for memory.' };
  if (result.signal !== undefined)
    return { code: 'CRASHED', message: `Terraform was ended by ${result.signal}.` };
  if (result.exitCode === 126 || result.exitCode === 127)
    return { code: 'TERRAFORM_MISSING', message: `The binary cannot be run. ${lastWords(result)}` };
  return undefined;
}

function stoppedBy(reason: StopReason, killed: boolean): { code: ErrorCode; message: string } {
  const how = killed ? 'Terraform did not end within its grace and was killed' : 'Terraform was stopped';
  switch (reason) {
    case 'cancelled':
      return { code: 'CANCELLED', message: `${how} because the run was cancelled.` };
    case 'shutdown':
      return { code: 'SHUTDOWN', message: `${how} because the worker shuts down.` };
    case 'lease-lost':
      return { code: 'LEASE_LOST', message: `${how} because the node’s lease could not be renewed.` };
    case 'timeout':
      return { code: 'TIMED_OUT', message: `${how} because the run took too long.` };
    case 'log-limit':
      return { code: 'LOG_LIMIT', message: `${how} because it printed too much.` };
    default:
      return assertNever(reason);
  }
}

interface Judged {
  readonly diagnostic: Diagnostic;
  readonly code: ErrorCode;
  readonly decides: boolean;
}

/** The errors, the one that decides first. */
function judge(diagnostics: readonly Diagnostic[], operation: Operation): Judged[] {
  const rank = ({ code, decides }: Judged): number =>
    decides ? DECIDING_ORDER.indexOf(code) : DECIDING_ORDER.length;
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map((diagnostic) => ({
      diagnostic,
      code: codeOf(diagnostic, operation),
      decides: !CONSEQUENCE.test(diagnostic.summary),
    }))
    .sort((a, b) => rank(a) - rank(b));
}

/** Said of what was left undone because something else had happened. */
const CONSEQUENCE = /^(execution halted|operation cancell?ed|interrupted)\b/i;

function codeOf(diagnostic: Diagnostic, operation: Operation): ErrorCode {
  const text = `${diagnostic.summary}\n${diagnostic.detail}`;
  const code =
    ruleCode({ text, apiCode: apiCodeOf(text) }, operation) ??
    codeOfStatus(statusOf(text), operation) ??
    'UNKNOWN';
  // A lookup that finds nothing says nothing about what was to be destroyed.
  const lookup = /(^|\.)data\./.test(diagnostic.address ?? '');
  return code === 'GONE' && lookup ? 'UNKNOWN' : code;
}

/** An exact code beats everything that the prose around it may say. */
function ruleCode(
  { text, apiCode }: { readonly text: string; readonly apiCode: string | undefined },
  operation: Operation,
): ErrorCode | undefined {
  const rules = DIAGNOSTIC_RULES.filter(({ on }) => on === undefined || on === operation);
  const exact =
    apiCode === undefined ? undefined : rules.find((rule) => rule.apiCode?.test(apiCode) === true);
  return (exact ?? rules.find((rule: DiagnosticRule) => rule.text?.test(text) === true))?.code;
}

/** AWS SDK v2 (`api error Code:`), v1 (`Code: message`, `status code: 400, request id`), Azure (`Code="X"`). */
function apiCodeOf(text: string): string | undefined {
  const found =
    /\bapi error ([A-Z][\w.]*)/.exec(text) ??
    /\bCode[:=]\s?"([A-Z][\w.]*)"/.exec(text) ??
    /\b([A-Z]\w+(?:\.\w+)?): [^\n]*\n?[^\n]*status code: \d{3}, request id/.exec(text);
  return found?.[1];
}

function statusOf(text: string): number {
  const found =
    /\bstatus\s?code[:=]\s?(\d{3})\b/i.exec(text) ??
    /\bgoogleapi: Error (\d{3})\b/.exec(text) ??
    /\b(?:unexpected status|HTTP(?: status)?|response)\s?(?:code)?:? (\d{3})\b/i.exec(text);
  return Number(found?.[1] ?? 0);
}

/** What is so plain in either stream that it may decide without a diagnostic. */
function codeOfText(text: string): ErrorCode | undefined {
  const plain: readonly ErrorCode[] = ['DISK_FULL', 'OUT_OF_MEMORY', 'BUNDLE', 'PROVIDER'];
  return DIAGNOSTIC_RULES.find((rule) => plain.includes(rule.code) && rule.text?.test(text) === true)?.code;
}

function messageOf({ summary, detail, address }: Diagnostic): string {
  const where = address === undefined ? '' : ` (${address})`;
  const firstLine = detail.split('\n').find((line) => line.trim() !== '');
  const said = firstLine === undefined ? summary : `${summary.replace(/[.:]$/, '')}: ${firstLine}`;
  return `${shorten(said, MAX_MESSAGE_CHARS)}${where}`;
}

function lastWords({ exitCode, lastLines }: Evidence): string {
  const ended = exitCode === undefined ? 'Terraform ended.' : `Terraform ended with exit code ${exitCode}.`;
  const last = lastLines.at(-1);
  return last === undefined
    ? `${ended} It printed nothing.`
    : `${ended} Its last words: ${shorten(last, MAX_MESSAGE_CHARS)}`;
}

function summaryOf({ severity, summary, detail, address }: Diagnostic): DiagnosticSummary {
  return {
    severity,
    summary: shorten(summary, MAX_MESSAGE_CHARS),
    ...(detail === '' ? {} : { detail: shorten(detail, MAX_DETAIL_CHARS) }),
    ...(address === undefined ? {} : { address }),
  };
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
