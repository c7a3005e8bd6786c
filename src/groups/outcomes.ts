/**
 * The port of how the newest creates of a role have ended. Whoever looks at the nodes notes it; noted twice it is one. Only
 * unreachable Redis (REDIS_UNAVAILABLE) throws.
 */
export interface Outcome {
  readonly nodeId: string;
  /** It went into service, or it failed before. */
  readonly went: 'well' | 'wrong';
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Outcomes {
  /** The newest first; as many as are kept. */
  newest(group: string, role: string): Promise<readonly Outcome[]>;
  /** A node that went well after all is not wrong any more. Only the newest hundred are kept. */
  note(group: string, role: string, outcomes: readonly Outcome[]): Promise<void>;
  /** Forgets all of a role. */
  forget(group: string, role: string): Promise<void>;
}
