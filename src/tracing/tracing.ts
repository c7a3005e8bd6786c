/**
 * Traces, as far as the rest of nodeyard knows them: a piece of work with a name, and facts about it. What a fact may be stands
 * here, so that no input, no output and no word of Terraform can get into one. Off, which is the default, nothing happens.
 */
import type { Telemetry } from 'bullmq';

/** `request`: intent and job. `operation`: from recovery to the lease given back. `run`: one directory, its process and its state. */
export type SpanName = 'request' | 'operation' | 'synthesize' | 'run' | 'terraform' | 'harvest';

export interface SpanFacts {
  readonly nodeId?: string;
  readonly stack?: string | undefined;
  readonly operation?: string;
  readonly epoch?: number;
  /** How an operation ended (RUN_OUTCOMES). */
  readonly outcome?: string;
  /** Of the closed set of errors; the span has failed then. */
  readonly code?: string | undefined;
  /** Of a run. */
  readonly kind?: string;
  /** Of Terraform: `plan`, `apply`, `destroy`. */
  readonly command?: string | undefined;
  readonly exitCode?: number | undefined;
  /** The state is in the repository. */
  readonly stored?: boolean;
}

export interface OpenSpan {
  /** What is known only by now. */
  note(facts: SpanFacts): void;
}

export interface Tracing {
  /** Works within a span, which belongs to the one that is open around it. Throws what the work throws. */
  span<T>(name: SpanName, facts: SpanFacts, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** For BullMQ’s queues and workers: carries the trace from whoever adds a job to whoever works on it. */
  readonly jobs: Telemetry | undefined;
  /** Sends what is left, for as long as that may take, which is not long. */
  close(): Promise<void>;
}

const DEAF: OpenSpan = { note: () => undefined };

export const noTracing: Tracing = {
  span: (_name, _facts, work) => work(DEAF),
  jobs: undefined,
  close: async () => undefined,
};
