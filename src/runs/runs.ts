/** The runs of which this machine knows, and what Terraform said in them: the port. */
import type { Operation } from '../node/lifecycle.js';

export interface Run {
  readonly runId: string;
  readonly operation: Operation;
  readonly epoch: number;
  /** Milliseconds since 1970; absent where nothing tells. */
  readonly startedAt?: number;
  /** When its log was put away; absent while it is at work or waits for recovery. */
  readonly endedAt?: number;
  /** The process that runs it is alive. */
  readonly atWork: boolean;
}

/** `log`: Terraform’s JSON lines. `stderr`: what it said besides, mostly about a crash. */
export const LOG_STREAMS = ['log', 'stderr'] as const;
export type LogStream = (typeof LOG_STREAMS)[number];

export interface LogLine {
  /** As it was written, secrets taken out. */
  readonly line: string;
  /** The same for people. */
  readonly text: string;
  /** Goes on after it. */
  readonly cursor: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  readonly cursor: string;
  /** There is more to read now. */
  readonly more: boolean;
  /** The run has ended, and this is the end of what it said. */
  readonly ended: boolean;
}

export interface LogQuery {
  readonly stream: LogStream;
  /** Of an earlier page; from the beginning without it. */
  readonly cursor?: string;
  /** Lines; a page holds at most about a MiB of them. */
  readonly limit: number;
}

export interface NodeRuns {
  /** The name of this machine. */
  readonly host: string;
  /** The newest first. The id must be valid. */
  list(nodeId: string, limit: number): Promise<readonly Run[]>;
  /** Undefined when nothing of that run is here. Throws INVALID_INPUT (field `cursor`). */
  log(nodeId: string, runId: string, query: LogQuery): Promise<LogPage | undefined>;
}
