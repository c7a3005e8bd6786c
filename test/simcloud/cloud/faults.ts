/**
 * Faults on purpose. A plan is a list of rules; the first rule that strikes a call decides. Which calls are struck by
 * probability follows from the seed and the count of calls of that rule alone, so one seed gives one plan.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ApiError } from '../api.js';

/** Refusals that happen before any effect, in EC2’s words. */
const REFUSALS = {
  throttled: [503, 'RequestLimitExceeded', 'Request limit exceeded.'],
  capacity: [
    500,
    'InsufficientInstanceCapacity',
    'We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity.',
  ],
  quota: [
    400,
    'VcpuLimitExceeded',
    'You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.',
  ],
  denied: [403, 'UnauthorizedOperation', 'You are not authorized to perform this operation.'],
  expired: [400, 'ExpiredToken', 'The security token included in the request is expired'],
  'server-error': [500, 'InternalError', 'An internal error has occurred'],
  'in-use': [400, 'DependencyViolation', 'resource has a dependent object'],
} as const satisfies Record<string, readonly [status: number, code: string, message: string]>;

export type Refusal = keyof typeof REFUSALS;
const refusals = Object.keys(REFUSALS) as [Refusal, ...Refusal[]];

const which = {
  /** Name of the call, or `*` for each. */
  call: z.string().min(1),
  /** Only the n-th such call since the plan was set, from 1. */
  nth: z.int().min(1).optional(),
  /** Each n-th. */
  every: z.int().min(1).optional(),
  /** Each with this probability. */
  probability: z.number().min(0).max(1).optional(),
  /** At most so often. */
  times: z.int().min(1).optional(),
  /** Only so long after the rule has struck first, in milliseconds. */
  forMs: z.int().min(0).optional(),
};

const rule = z.discriminatedUnion('fault', [
  z.strictObject({ ...which, fault: z.enum(refusals) }),
  /** Any other refusal. */
  z.strictObject({
    ...which,
    fault: z.literal('error'),
    code: z.string(),
    message: z.string().default(''),
    status: z.int().default(400),
  }),
  /** The effect, later. */
  z.strictObject({ ...which, fault: z.literal('slow'), ms: z.int().min(0) }),
  /** No answer until the caller gives up; no effect, or the effect all the same. */
  z.strictObject({ ...which, fault: z.enum(['hang', 'hang-after']) }),
  z.strictObject({ ...which, fault: z.enum(['cut-before', 'cut-after', 'crash-before', 'crash-after']) }),
  /** The effect, and an answer that is none. */
  z.strictObject({ ...which, fault: z.literal('malformed') }),
  /** What the call makes is not found by others for so long. */
  z.strictObject({ ...which, fault: z.literal('not-yet'), ms: z.int().min(0) }),
]);

export const faultPlan = z.array(
  rule.refine(
    ({ nth, every, probability }) => [nth, every, probability].filter((one) => one !== undefined).length <= 1,
    'give at most one of nth, every and probability',
  ),
);

export type FaultPlan = z.output<typeof faultPlan>;
export type FaultPlanInput = z.input<typeof faultPlan>;
export type Fault = FaultPlan[number];

export function refusalOf(fault: Fault): (ApiError & { readonly status: number }) | undefined {
  if (fault.fault === 'error') return { code: fault.code, message: fault.message, status: fault.status };
  if (!isRefusal(fault.fault)) return undefined;
  const [status, code, message] = REFUSALS[fault.fault];
  return { status, code, message };
}

const isRefusal = (fault: string): fault is Refusal => Object.hasOwn(REFUSALS, fault);

export class Faults {
  readonly #rules: { readonly rule: Fault; seen: number; struck: number; firstAt: number | undefined }[];
  readonly #seed: string;

  constructor(plan: FaultPlanInput = [], seed: number | string = 0) {
    this.#rules = faultPlan
      .parse(plan)
      .map((fault) => ({ rule: fault, seen: 0, struck: 0, firstAt: undefined }));
    this.#seed = String(seed);
  }

  /** Counts the call for every rule, and gives the first that strikes. */
  strike(call: string, now: number): Fault | undefined {
    let struck: Fault | undefined;
    for (const [index, counted] of this.#rules.entries()) {
      const { rule: fault } = counted;
      if (fault.call !== '*' && fault.call !== call) continue;
      counted.seen += 1;
      if (struck !== undefined || !this.#hits(fault, index, counted.seen)) continue;
      if (fault.times !== undefined && counted.struck >= fault.times) continue;
      counted.firstAt ??= now;
      if (fault.forMs !== undefined && now - counted.firstAt > fault.forMs) continue;
      counted.struck += 1;
      struck = fault;
    }
    return struck;
  }

  #hits({ nth, every, probability }: Fault, index: number, count: number): boolean {
    if (nth !== undefined) return count === nth;
    if (every !== undefined) return count % every === 0;
    return probability === undefined || this.#chance(index, count) < probability;
  }

  /** 0 to 1, the same for the same seed, rule and count. */
  #chance(index: number, count: number): number {
    return createHash('sha256').update(`${this.#seed}/${index}/${count}`).digest().readUInt32BE(0) / 2 ** 32;
  }
}
