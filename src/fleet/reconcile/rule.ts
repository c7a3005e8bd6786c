/**
 * A rule of the reconciler: it finds what is not as it should be, without touching anything, and acts on one finding at a
 * time. What it finds may have changed until it acts, also by another reconciler: every act is a compare-and-set.
 */
import type { ReconcileContext } from './context.js';

export const RULE_NAMES = [
  'failed-destroys',
  'ttl',
  'quarantine',
  'orphans',
  'vanished',
  'silence',
  'time-limits',
  'stranded',
  'commands',
  'housekeeping',
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

export interface Finding {
  readonly rule: RuleName;
  readonly nodeId?: string;
  /** What is done about it: `destroy`, `warn`, `fail`… */
  readonly action: string;
  /** Why, in words. */
  readonly reason: string;
  /** Book-keeping that nobody has to read. */
  readonly routine?: boolean;
}

/** `passed`: it was not so any more, or has to wait its turn. */
export type Acted = 'done' | 'passed';

export interface RuleHalves<F extends Finding> {
  /** Bounded: what is left over is found by the next look. */
  find(context: ReconcileContext): Promise<readonly F[]>;
  act(context: ReconcileContext, finding: F): Promise<Acted>;
}

/** A finding with its act. */
export interface Found {
  readonly finding: Finding;
  act(): Promise<Acted>;
}

export interface Rule {
  readonly name: RuleName;
  look(context: ReconcileContext): Promise<readonly Found[]>;
}

export const defineRule = <F extends Finding>(
  name: RuleName,
  { find, act }: RuleHalves<F>,
): Rule & RuleHalves<F> => ({
  name,
  find,
  act,
  look: async (context) =>
    (await find(context)).map((finding) => ({ finding, act: () => act(context, finding) })),
});
