/**
 * Ready-made plans of faults, by name: for `npm run rehearse -- --faults …` and `main.ts faults …`. The guide’s table
 * (docs/rehearsal.md) is made from them.
 */
import type { FaultPlanInput } from './cloud/faults.js';

export interface NamedPlan {
  readonly plan: FaultPlanInput;
  /** What the cloud does. */
  readonly fault: string;
  /** What nodeyard does about it. */
  readonly answer: string;
  /** A create that is FAILED for good is what this plan is about. */
  readonly failsCreates?: true;
}

export const PLANS = {
  throttling: {
    plan: [
      { call: 'RunInstances', forMs: 1500, fault: 'throttled' },
      { call: '*', every: 10, fault: 'throttled' },
    ],
    fault:
      'For one and a half seconds every `RunInstances`, and all the time every tenth call, is refused with `RequestLimitExceeded`.',
    answer:
      'The provider repeats a call a few times, as the SDK does. What lasts longer ends the run with `THROTTLED`: the job comes again after `retry.throttledBackoff`, and fewer runs of that account begin meanwhile.',
  },
  capacity: {
    plan: [{ call: 'RunInstances', times: 3, fault: 'capacity' }],
    fault: 'The first three `RunInstances` find no capacity in their zone.',
    answer:
      '`CAPACITY`: tried again after `retry.backoff`, which doubles, up to `retry.createAttempts` times.',
  },
  quota: {
    plan: [{ call: 'RunInstances', nth: 2, fault: 'quota' }],
    fault: 'The second `RunInstances` is over the account’s quota.',
    answer:
      '`QUOTA`: waiting cannot help, so that node is FAILED at once and what it had is destroyed. The others are not touched.',
    failsCreates: true,
  },
  denied: {
    plan: [{ call: 'AuthorizeSecurityGroupIngress', nth: 1, fault: 'denied' }],
    fault: 'One `AuthorizeSecurityGroupIngress` lacks a permission, when the group exists already.',
    answer: '`DENIED`: that node is FAILED at once, and its group and all else it had are destroyed.',
    failsCreates: true,
  },
  'answer-lost': {
    plan: [
      { call: 'RunInstances', nth: 1, fault: 'malformed' },
      { call: 'RunInstances', nth: 2, fault: 'cut-after' },
    ],
    fault:
      'The instance exists and the caller does not know: the answer to the first `RunInstances` is none, and the connection of the second one is cut.',
    answer:
      'After a cut the provider asks again with the same token and gets the instance it has made. An answer that is none ends the run: it is tried again, and the instance that stands in no state is found by its tags in the cloud’s inventory.',
  },
  'provider-crash': {
    plan: [{ call: 'RunInstances', nth: 1, fault: 'crash-after' }],
    fault: 'The provider process dies between the effect of `RunInstances` and its answer.',
    answer:
      '`PROVIDER`: tried again. The instance that stands in no state is found by its tags in the cloud’s inventory and destroyed. A rule of a security group bears no tags in any list: where the crash loses one, the next try is refused (`BAD_REQUEST`), the node is FAILED and cleaned up, and `nodeyard retry` makes it.',
    failsCreates: true,
  },
  'slow-deletes': {
    plan: [
      { call: 'TerminateInstances', fault: 'slow', ms: 3000 },
      { call: 'DeleteVolume', fault: 'slow', ms: 3000 },
    ],
    fault: 'Every `TerminateInstances` and `DeleteVolume` takes three seconds more.',
    answer: 'Terraform waits, the lease is renewed meanwhile. DESTROYED is said when all is gone.',
  },
  'group-in-use': {
    plan: [{ call: 'DeleteSecurityGroup', forMs: 20_000, fault: 'in-use' }],
    fault: 'No security group can be deleted for twenty seconds: `DependencyViolation`.',
    answer:
      'The provider waits as long as it does. Then `DEPENDENCY`: the job comes again every two seconds, for ever, and costs no attempt.',
  },
  eventual: {
    plan: [{ call: 'RunInstances', fault: 'not-yet', ms: 1500 }],
    fault: 'What `RunInstances` makes is not found by anybody for the next one and a half seconds.',
    answer: 'The provider asks again until it is found, as the real one does.',
  },
  'expired-token': {
    plan: [{ call: 'GetCallerIdentity', nth: 1, fault: 'expired' }],
    fault: 'The credentials of the first run have expired.',
    answer:
      '`CREDENTIALS`: tried once more, because the environment may hold fresh ones by then; after that FAILED.',
  },
  flaky: {
    plan: [
      { call: '*', probability: 0.04, fault: 'server-error' },
      { call: '*', probability: 0.04, fault: 'cut-before' },
      { call: '*', probability: 0.04, fault: 'throttled' },
      { call: '*', probability: 0.08, fault: 'slow', ms: 200 },
    ],
    fault: 'One call in five meets some trouble, by the seed: refused, cut, throttled or slow.',
    answer: 'Each by its class; the same `--seed` strikes the same calls.',
  },
} as const satisfies Readonly<Record<string, NamedPlan>>;

export type PlanName = keyof typeof PLANS;
export const PLAN_NAMES = Object.keys(PLANS) as PlanName[];

export const isPlanName = (name: string): name is PlanName => Object.hasOwn(PLANS, name);
