/** What is kept of a run’s messages: bounded, whatever Terraform prints. Shared by live runs and by stored logs. */
import type { ChangeSummary, Diagnostic, PlannedChange, TerraformMessage } from './messages.js';
import { textOf } from './messages.js';
import { advance, NO_PROGRESS, type RunProgress, type UnfinishedStep } from './progress.js';

const MAX_DIAGNOSTICS = 100;
const MAX_DIAGNOSTIC_CHARS = 4096;
const MAX_PLANNED = 10_000;
const MAX_LAST_LINES = 50;
const MAX_LAST_LINE_CHARS = 2048;

export interface RunSummary {
  /** The first hundred, shortened, errors and warnings, in the order of their printing. */
  readonly diagnostics: readonly Diagnostic[];
  readonly outputs: Readonly<Record<string, OutputValue>>;
  readonly planned: readonly PlannedChange[];
  /** Terraform’s own count of what the apply or the destroy did; absent when it failed. */
  readonly changes?: ChangeSummary;
  readonly progress: RunProgress;
  /** Began and not finished: after a kill, what they left is in doubt. */
  readonly unfinished: readonly UnfinishedStep[];
  /** The last lines of both streams for people, shortened. */
  readonly lastLines: readonly string[];
}

export interface OutputValue {
  readonly sensitive: boolean;
  /** Undefined when it is sensitive: Terraform does not print those. A number that JavaScript cannot hold is a string. */
  readonly value: unknown;
}

export class SummaryFold {
  readonly #redact: (text: string) => string;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #planned: PlannedChange[] = [];
  readonly #lastLines: string[] = [];
  #outputs: Readonly<Record<string, OutputValue>> = {};
  #changes: ChangeSummary | undefined;
  #progress = NO_PROGRESS;

  /** Secrets are taken out of diagnostics and last lines, which travel further than the log. */
  constructor(redact: (text: string) => string = (text) => text) {
    this.#redact = redact;
  }

  add(message: TerraformMessage): void {
    this.#progress = advance(this.#progress, message);
    this.#remember(textOf(message));
    if (message.type === 'diagnostic') this.#addDiagnostic(message.diagnostic);
    if (message.type === 'planned_change' && this.#planned.length < MAX_PLANNED)
      this.#planned.push(message.change);
    if (message.type === 'change_summary' && message.changes.operation !== 'plan')
      this.#changes = message.changes;
    if (message.type === 'outputs') this.#outputs = { ...this.#outputs, ...valuesOf(message.outputs) };
  }

  get progress(): RunProgress {
    return this.#progress;
  }

  summary(): RunSummary {
    return {
      diagnostics: [...this.#diagnostics],
      outputs: this.#outputs,
      planned: [...this.#planned],
      ...(this.#changes === undefined ? {} : { changes: this.#changes }),
      progress: this.#progress,
      unfinished: this.#progress.unfinished,
      lastLines: [...this.#lastLines],
    };
  }

  #addDiagnostic(diagnostic: Diagnostic): void {
    if (this.#diagnostics.length >= MAX_DIAGNOSTICS) return;
    const { summary, detail } = diagnostic;
    this.#diagnostics.push({ ...diagnostic, summary: this.#short(summary), detail: this.#short(detail) });
  }

  #short(text: string): string {
    return shorten(this.#redact(text), MAX_DIAGNOSTIC_CHARS);
  }

  #remember(text: string): void {
    if (text === '') return;
    this.#lastLines.push(shorten(this.#redact(text), MAX_LAST_LINE_CHARS));
    if (this.#lastLines.length > MAX_LAST_LINES) this.#lastLines.shift();
  }
}

/** The plan announces outputs by their action; only the end of an apply has their values. */
function valuesOf(
  outputs: Extract<TerraformMessage, { type: 'outputs' }>['outputs'],
): Readonly<Record<string, OutputValue>> {
  const final = Object.entries(outputs).filter(([, { action }]) => action === undefined);
  return Object.fromEntries(final.map(([name, { sensitive, value }]) => [name, { sensitive, value }]));
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
