/**
 * One line of Terraform’s `-json` output to a typed message. Source: developer.hashicorp.com/terraform/internals/machine-readable-ui
 * and `internal/command/views/json` of both products. Hostile content is tolerated: what is not JSON becomes `text`, what has
 * an unknown type or wrong fields becomes `unknown`.
 */
import { parse as parseLossless } from 'lossless-json';
import { z } from 'zod';

export interface ResourceRef {
  /** `module.m.aws_instance.this["a"]` */
  readonly address: string;
  /** `aws_instance`; empty where Terraform does not say. */
  readonly type: string;
}

const resource = z
  .object({ addr: z.string(), resource_type: z.string().default('') })
  .transform(({ addr, resource_type }): ResourceRef => ({ address: addr, type: resource_type }));

const identity = { id_key: z.string().optional(), id_value: z.string().optional() };
const hookOf = <Shape extends z.ZodRawShape>(shape: Shape) => z.object({ resource, ...shape });

const head = {
  '@level': z.string().default('info'),
  '@message': z.string().default(''),
  '@timestamp': z.string().default(''),
};

/** `change.action` of the JSON output; `forget` is OpenTofu’s word for `remove`. */
const action = z.string();

const change = z.object({
  resource,
  action,
  reason: z.string().optional(),
  previous_resource: resource.optional(),
});

const diagnostic = z.object({
  severity: z.enum(['error', 'warning']),
  summary: z.string(),
  detail: z.string().default(''),
  address: z.string().optional(),
  range: z.object({ filename: z.string() }).optional().catch(undefined),
});

const changes = z.object({
  add: z.number(),
  change: z.number(),
  remove: z.number(),
  import: z.number().default(0),
  forget: z.number().default(0),
  operation: z.string(),
});

const output = z.object({
  sensitive: z.boolean().default(false),
  action: z.string().optional(),
  /** Absent when it is sensitive. */
  value: z.unknown().optional(),
});

const applyHook = { hook: hookOf({ action, ...identity }) };
const timedApplyHook = { hook: hookOf({ action, elapsed_seconds: z.number().default(0), ...identity }) };
const refreshHook = { hook: hookOf(identity) };
const provisionHook = { hook: hookOf({ provisioner: z.string() }) };

const wireMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('version'),
    ...head,
    terraform: z.string().optional(),
    tofu: z.string().optional(),
  }),
  z.object({ type: z.literal('log'), ...head }),
  z.object({ type: z.literal('diagnostic'), ...head, diagnostic }),
  z.object({ type: z.literal('planned_change'), ...head, change }),
  z.object({ type: z.literal('resource_drift'), ...head, change }),
  z.object({ type: z.literal('change_summary'), ...head, changes }),
  z.object({ type: z.literal('outputs'), ...head, outputs: z.record(z.string(), output) }),
  z.object({ type: z.literal('refresh_start'), ...head, ...refreshHook }),
  z.object({ type: z.literal('refresh_complete'), ...head, ...refreshHook }),
  z.object({ type: z.literal('apply_start'), ...head, ...applyHook }),
  z.object({ type: z.literal('apply_progress'), ...head, ...timedApplyHook }),
  z.object({ type: z.literal('apply_complete'), ...head, ...timedApplyHook }),
  z.object({ type: z.literal('apply_errored'), ...head, ...timedApplyHook }),
  z.object({ type: z.literal('provision_start'), ...head, ...provisionHook }),
  z.object({
    type: z.literal('provision_progress'),
    ...head,
    hook: hookOf({ provisioner: z.string(), output: z.string() }),
  }),
  z.object({ type: z.literal('provision_complete'), ...head, ...provisionHook }),
  z.object({ type: z.literal('provision_errored'), ...head, ...provisionHook }),
]);
const anyMessage = z.object({ type: z.string().catch(''), ...head });

export type WireMessage = z.output<typeof wireMessage>;
export type Diagnostic = z.output<typeof diagnostic>;
export type PlannedChange = z.output<typeof change>;
export type ChangeSummary = z.output<typeof changes>;

/** JSON of a type that this version does not know, or whose fields are not what they should be. */
export interface UnknownMessage extends z.output<typeof anyMessage> {
  readonly type: 'unknown';
  readonly wireType: string;
}
/** Not JSON: a crash, an early error, a provider that prints. */
export interface TextMessage {
  readonly type: 'text';
  readonly text: string;
  /** The line was too long and its end is lost. */
  readonly cut: boolean;
}
export type TerraformMessage = WireMessage | UnknownMessage | TextMessage;

export function parseMessage(line: string, cut = false): TerraformMessage {
  const json = cut ? undefined : parseObject(line);
  if (json === undefined) return { type: 'text', text: line, cut };
  const known = wireMessage.safeParse(json);
  if (known.success) return known.data;
  const other = anyMessage.safeParse(json);
  if (!other.success) return { type: 'text', text: line, cut };
  return { ...other.data, type: 'unknown', wireType: other.data.type };
}

function parseObject(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return LONG_NUMBER.test(line) && line.includes('"type":"outputs"')
      ? parseLossless(line, undefined, exactNumber)
      : JSON.parse(line);
  } catch {
    return undefined;
  }
}

const LONG_NUMBER = /[0-9]{16}/;

/** A number that JavaScript would change stays a string of its digits, as an output value a number is only shown. */
function exactNumber(digits: string): number | string {
  const value = Number(digits);
  return Number.isSafeInteger(value) || String(value) === digits ? value : digits;
}

/** What a person reads of a message. */
export function textOf(message: TerraformMessage): string {
  if (message.type === 'text') return message.text;
  if (message.type !== 'diagnostic') return message['@message'];
  const { detail } = message.diagnostic;
  return detail === '' ? message['@message'] : `${message['@message']}: ${detail}`;
}
