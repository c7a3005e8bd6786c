/**
 * What an operator says of a node group: its roles, how many nodes of each there may be, and when there are too few or too many. The
 * schema is the only validation of what comes by file, by command and over HTTP, and its defaults are the documentation’s.
 */
import { z } from 'zod';
import { duration } from '../config/units.js';
import { NodeyardError } from '../errors.js';
import { nodeRequestSchema } from '../node/request.js';
import { parseCondition, parseMeasure } from './expressions.js';

/** Nodes of one role. */
const MOST_NODES = 1_024;
const MOST_ROLES = 32;

const request = nodeRequestSchema.shape;
const nodes = (least: number) =>
  z.int().min(least, `must be at least ${least}`).max(MOST_NODES, `must be at most ${MOST_NODES}`);

/** In milliseconds, once it is read. */
const span = (min: string, max: string) => duration({ min, max }).pipe(z.int());

const expression = (parse: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof NodeyardError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });
const condition = expression(parseCondition);
const measure = expression(parseMeasure);

const drainSchema = z.strictObject({
  softLimit: span('0s', '7d')
    .default(600_000)
    .describe('How long a node may serve what it has before it is driven out.'),
  hardLimit: span('0s', '1d')
    .default(60_000)
    .describe('How long it may take over being driven out before it is destroyed.'),
  command: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be the name of a command')
    .nullable()
    .default('RemoveSubscribers')
    .describe('What the node is told at the beginning of its hard limit; null: nothing.'),
});

const failurePolicySchema = z.strictObject({
  window: z
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('How many of the newest finished creates are looked at.'),
  failures: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('So many failed ones among them stop the growth for a while.'),
  pause: span('1s', '1d')
    .default(60_000)
    .describe('How long at first; twice as long after each attempt that fails again.'),
  maxPause: span('1s', '7d').default(3_600_000).describe('How long at most.'),
  removeAfter: span('0s', '7d')
    .nullable()
    .default(300_000)
    .describe('FAILED nodes are destroyed after so long; null: they stay for somebody to look at.'),
});

const roleSchema = z.strictObject({
  stack: request.stack.optional().describe('What a node is made of; the group’s when absent.'),
  inputs: request.inputs.describe('The stack’s inputs, over those of the group.'),
  tags: request.tags,
  labels: request.labels,
  ttl: request.ttl,
  onFailure: request.onFailure,
  lifecycle: z
    .enum(['AUTO', 'MANUAL'])
    .default('AUTO')
    .describe('MANUAL: nodes are asked for, drained and destroyed by hand alone.'),
  min: nodes(0).default(0).describe('So many nodes there are always, whatever the expressions say.'),
  max: nodes(0).describe('So many nodes there are at most, those on their way among them.'),
  increment: nodes(1).default(1).describe('By how many nodes the role grows or shrinks in one step.'),
  outExpression: condition.optional().describe('When it is true the role grows: `avg(connections) > 100`.'),
  inExpression: condition.optional().describe('When it is true the role shrinks: `avg(connections) < 20`.'),
  capacityRanking: measure
    .default('connections')
    .describe('How loaded a node is: the least loaded one serves next, and leaves first.'),
  capacityLimit: z
    .union([z.number(), measure])
    .nullable()
    .default(null)
    .describe('A node whose ranking has come so far gets nothing new; null: there is no limit.'),
  warmUp: span('0s', '1d')
    .default(60_000)
    .describe('How long a node in service is not yet asked for its load.'),
  coolDown: z
    .strictObject({
      out: span('0s', '1d').default(60_000).describe('Between two steps of growth.'),
      in: span('0s', '1d').default(300_000).describe('After any step, before one that shrinks.'),
    })
    .prefault({}),
  drain: drainSchema.prefault({}),
  failurePolicy: failurePolicySchema.prefault({}),
});

const isScalingPaused = z
  .boolean()
  .describe('Nothing is created, drained or destroyed by itself in the whole group.');

const shape = {
  name: request.group.describe('The name of the group.'),
  description: z.string().max(1_000).optional(),
  stack: request.stack.optional().describe('What nodes are made of whose role says nothing else.'),
  inputs: request.inputs.describe('Inputs for the nodes of every role.'),
  roles: z
    .record(request.role, roleSchema)
    .refine((roles) => Object.keys(roles).length > 0, 'must have at least one role')
    .refine((roles) => Object.keys(roles).length <= MOST_ROLES, `must have at most ${MOST_ROLES} roles`),
};

interface Refined {
  readonly stack?: string | undefined;
  readonly roles: Readonly<Record<string, z.output<typeof roleSchema>>>;
}

function checkRoles(group: Refined, context: z.RefinementCtx): void {
  for (const [name, role] of Object.entries(group.roles)) {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: ['roles', name, field], message });
    if (role.min > role.max) refuse('min', `is ${role.min}, and max is ${role.max}; it must not be above`);
    if (role.stack === undefined && group.stack === undefined)
      refuse('stack', 'is missing, and the group has none either');
    if (role.failurePolicy.failures > role.failurePolicy.window)
      refuse('failurePolicy', 'has more failures than its window, so it would never stop anything');
    if (role.failurePolicy.pause > role.failurePolicy.maxPause)
      refuse('failurePolicy', 'has a pause that is longer than maxPause');
  }
}

export const groupConfigSchema = z
  .strictObject({ ...shape, isScalingPaused: isScalingPaused.default(false) })
  .superRefine(checkRoles);

/** What somebody asks for. Where it says nothing of the pause, that stays as it is: a file that is applied again resumes nothing. */
export const groupWishSchema = z
  .strictObject({
    ...shape,
    isScalingPaused: isScalingPaused.optional().describe('Left as it is when absent, at first false.'),
  })
  .superRefine(checkRoles);

/** As it is written: durations like `90s`, defaults left out. */
export type GroupConfigInput = z.input<typeof groupConfigSchema>;
/** With its defaults; durations in milliseconds, `ttl` in seconds. */
export type GroupConfig = z.output<typeof groupConfigSchema>;
export type GroupWish = z.output<typeof groupWishSchema>;
export type RoleConfig = GroupConfig['roles'][string];

/** What a role is of which nothing is said but its most nodes. */
export const roleDefaults = (): RoleConfig => roleSchema.parse({ max: 0 });

/** The group that somebody’s wish makes of what is there. */
export const granted = (wish: GroupWish, present: GroupConfig | undefined): GroupConfig => ({
  ...wish,
  isScalingPaused: wish.isScalingPaused ?? present?.isScalingPaused ?? false,
});

/** A node request’s part that comes from the group: its stack and its inputs, those of the role over those of the group. */
export function nodeOf(
  group: GroupConfig,
  roleName: string,
): {
  readonly stack: string;
  readonly inputs: GroupConfig['inputs'];
} {
  const role = Object.hasOwn(group.roles, roleName) ? group.roles[roleName] : undefined;
  const stack = role?.stack ?? group.stack;
  if (role === undefined || stack === undefined)
    throw new NodeyardError('INVALID_INPUT', `group ${group.name} has no role ${roleName}`, {
      field: 'role',
    });
  return { stack, inputs: { ...group.inputs, ...role.inputs } };
}
