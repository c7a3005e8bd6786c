/**
 * The closed set of things that can go wrong, each with its class and its mend.
 *
 * A code is stable: it stands in records, events, job failures and metrics. The class decides what happens next
 * (see `verdictOf` in operations/verdict.ts); prose never does.
 */

/** What a failure means for the operation that met it. */
export type ErrorClass =
  | 'throttled' // the cloud asks for patience: long, jittered backoff
  | 'capacity' // the cloud has none now
  | 'transient' // try again soon
  | 'conflict' // somebody else is at it: wait, costs no attempt
  | 'gone' // what was to be destroyed is not there: success of a destroy
  | 'auth' // credentials: refreshed once, then permanent
  | 'permanent' // trying again cannot help
  | 'stopped'; // we stopped it ourselves: back to the queue, costs no attempt

interface ErrorKind {
  readonly class: ErrorClass;
  /** What a person can do about it, in words. */
  readonly mend: string;
}

const kind = (errorClass: ErrorClass, mend: string): ErrorKind => ({ class: errorClass, mend });

export const ERROR_KINDS = {
  THROTTLED: kind(
    'throttled',
    'The cloud limits the rate of calls. nodeyard retries; lower the worker concurrency if it lasts.',
  ),
  CAPACITY: kind(
    'capacity',
    'The zone has no such machine now. nodeyard retries; offer another zone or instance type.',
  ),
  QUOTA: kind(
    'permanent',
    'An account limit is reached. Raise the quota or remove what is not needed, then `nodeyard retry`.',
  ),
  DEPENDENCY: kind(
    'conflict',
    'Something still uses the resource. nodeyard waits; look for attachments made by hand if it lasts.',
  ),
  GONE: kind('gone', 'The resource does not exist in the cloud any more.'),
  CREDENTIALS: kind(
    'auth',
    'The credentials are missing, invalid or expired. Renew them in the worker’s environment, then `nodeyard retry`.',
  ),
  DENIED: kind(
    'permanent',
    'The credentials lack a permission that the message names. Grant it, then `nodeyard retry`.',
  ),
  BAD_REQUEST: kind(
    'permanent',
    'The cloud refused a value of the request. Correct the inputs and request the node again.',
  ),
  NETWORK: kind('transient', 'The network or the cloud’s service failed for a moment. nodeyard retries.'),
  PROVIDER: kind(
    'transient',
    'The provider process died or answered nonsense. nodeyard retries; the run log has its output.',
  ),
  BUNDLE: kind(
    'transient',
    'The initialized provider files are damaged. nodeyard initializes them again and retries.',
  ),
  STATE_LOCKED: kind('conflict', 'Another Terraform holds the state. nodeyard waits for it.'),
  STATE_UNREADABLE: kind(
    'permanent',
    'The stored state cannot be read by this Terraform. Use the version that wrote it, or import a repaired state.',
  ),
  STATE_MISSING: kind(
    'transient',
    'Terraform reported success, but left no state file. nodeyard retries; look at the data directory’s disk and the run log.',
  ),
  DISK_FULL: kind('transient', 'The data directory’s disk is full. Free space; nodeyard retries.'),
  OUT_OF_MEMORY: kind(
    'transient',
    'Terraform was killed, probably for memory. Lower the concurrency or add memory; nodeyard retries.',
  ),
  CRASHED: kind(
    'transient',
    'Terraform ended without saying why. nodeyard retries; the run log has its last words.',
  ),
  CONFIGURATION: kind(
    'permanent',
    'The stack’s configuration is invalid for this Terraform or provider. Correct the stack.',
  ),
  INVALID_INPUT: kind('permanent', 'Correct the field that the message names and request the node again.'),
  UNKNOWN_STACK: kind(
    'permanent',
    'Name a stack that the worker knows, or add its module to the configuration (`stacks`).',
  ),
  UNKNOWN_NODE: kind('permanent', 'No such node. `nodeyard ls` lists those that exist.'),
  UNKNOWN_WEBHOOK: kind('permanent', 'No such webhook. `nodeyard webhook ls` lists those that exist.'),
  UNKNOWN_GROUP: kind('permanent', 'No such group. `nodeyard group ls` lists those that are configured.'),
  GROUP_CONFLICT: kind(
    'permanent',
    'The group has changed since it was read, or is being deleted. `nodeyard group show` tells how it stands; ask again from there.',
  ),
  ROLE_IS_AUTO: kind(
    'permanent',
    'Scaling would undo it. `nodeyard group pause` gives the group’s nodes into your hand, `lifecycle: MANUAL` those of one role.',
  ),
  REQUEST_CONFLICT: kind(
    'permanent',
    'This id or request id was used for a different request. Choose another, or send the same request.',
  ),
  WRONG_STATE: kind(
    'permanent',
    'The node’s state does not allow this. `nodeyard show` tells where it stands.',
  ),
  WOULD_DESTROY: kind(
    'permanent',
    'A retried create would delete or replace existing resources. Destroy the node and request it again.',
  ),
  INVENTORY_UNAVAILABLE: kind(
    'transient',
    'The cloud cannot be asked what an earlier run has left, so nothing is assumed. nodeyard retries; see that the worker may list resources there, or name the stack in `fleet.skipInventories`.',
  ),
  LEASE_HELD: kind('conflict', 'Another worker is at this node. nodeyard waits for it.'),
  LEASE_LOST: kind(
    'stopped',
    'The worker could not renew its lease and stopped the run. Another run follows.',
  ),
  CANCELLED: kind('stopped', 'The run was stopped because the node’s destruction was asked for.'),
  SHUTDOWN: kind('stopped', 'The worker was shut down. The job went back to the queue.'),
  TIMED_OUT: kind(
    'transient',
    'The run took longer than `terraform.timeout` and was stopped. Raise the limit if the cloud is that slow.',
  ),
  OVERDUE: kind(
    'permanent',
    'The node stayed in its state for longer than `reconcile.limits.<state>` allows. Its history tells why; destroy it, or raise the limit.',
  ),
  VANISHED: kind(
    'permanent',
    'What the node is made of is not in its cloud any more. Destroy the node; find out who removed it.',
  ),
  NOT_OURS: kind(
    'conflict',
    'The resource bears other ownership tags than when it was found. nodeyard leaves it alone; find out who has taken it over.',
  ),
  HEARTBEAT_LOST: kind(
    'permanent',
    'The node has not spoken for longer than it may. It goes back to work when it speaks again, unless `heartbeat.reinstate` is off; otherwise look at the machine and destroy it.',
  ),
  FAULT: kind(
    'permanent',
    'An operator said that the node is at fault; its history says who and why. Reinstate it, or destroy it.',
  ),
  LOG_LIMIT: kind('permanent', 'Terraform printed more than `terraform.maxLogBytes` and was stopped.'),
  NOT_EMPTY: kind(
    'transient',
    'Terraform reported success, but the state still holds resources. nodeyard retries.',
  ),
  UNKNOWN: kind(
    'transient',
    'Not recognized; nodeyard retries a few times. The run log has the whole message.',
  ),
  UNKNOWN_COMMAND: kind(
    'permanent',
    'No such command of this node, or it ended so long ago that it is not kept any more. Its history tells.',
  ),
  TOO_MANY_COMMANDS: kind(
    'permanent',
    'The node has not taken the commands that wait for it. Look whether it lives; what it does not take expires.',
  ),
  RECORD_UNREADABLE: kind(
    'permanent',
    'What is stored under the named key was not written by this nodeyard. Use the version that wrote it, or mend the key.',
  ),
  REDIS_UNAVAILABLE: kind('transient', 'Redis cannot be reached. Check REDIS_URL and that the server runs.'),
  API_UNAVAILABLE: kind(
    'transient',
    'The API cannot be reached or cannot answer now. Check its URL, that `nodeyard api` runs there, and the network between.',
  ),
  API_REFUSED: kind(
    'permanent',
    'The API does not take this. Check its URL, the token, and that it is not older than what asks it.',
  ),
  TERRAFORM_MISSING: kind(
    'permanent',
    'Install terraform (>= 1.5) or tofu (>= 1.6), put it on the PATH or name it in NODEYARD_TERRAFORM_BINARY.',
  ),
  CONFIG_INVALID: kind('permanent', 'Mend the settings that the message lists.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;
export const ERROR_CODES = Object.keys(ERROR_KINDS) as ErrorCode[];

export interface NodeyardErrorOptions {
  readonly cause?: unknown;
  /** The field of the input that is wrong, as a path: `node.inputs.region`. */
  readonly field?: string;
  /** Terraform’s own words, shortened and without secrets. */
  readonly diagnostics?: readonly DiagnosticSummary[];
}

/** One diagnostic as it is stored: small, printable, without secrets. */
export interface DiagnosticSummary {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail?: string;
  readonly address?: string;
}

/** Every error that nodeyard throws on purpose. `code` is for programs, `message` and `mend` are for people. */
export class NodeyardError extends Error {
  override readonly name = 'NodeyardError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly diagnostics: readonly DiagnosticSummary[];

  constructor(code: ErrorCode, message: string, options: NodeyardErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.diagnostics = options.diagnostics ?? [];
  }

  get class(): ErrorClass {
    return ERROR_KINDS[this.code].class;
  }

  get mend(): string {
    return ERROR_KINDS[this.code].mend;
  }
}

/** The end of an exhaustive switch: the compiler proves that it cannot be reached. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
