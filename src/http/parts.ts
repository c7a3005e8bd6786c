/** What the routes work with. Put together in src/api.ts; a test may give less real ones. */
import type { AuditTrail } from '../auth/audit-trail.js';
import type { NodeTokens } from '../auth/node-tokens.js';
import type { Sessions } from '../auth/sessions.js';
import type { TokenStore } from '../auth/tokens.js';
import type { NodeyardClient } from '../client.js';
import type { Commands, Mailbox } from '../commands/commands.js';
import type { Config } from '../config.js';
import type { ExplainedGroup } from '../fleet/scaling/explain.js';
import type { Groups } from '../groups/groups.js';
import type { GroupHistory } from '../groups/history.js';
import type { Heartbeats } from '../heartbeat/heartbeats.js';
import type { Load } from '../heartbeat/load.js';
import type { Log } from '../log.js';
import type { RequestMeter } from '../metrics/requests.js';
import type { Scrape } from '../metrics/scrape.js';
import type { NodeState } from '../node/lifecycle.js';
import type { JobQueues } from '../queue/jobs.js';
import type { LookQueue } from '../queue/look-queue.js';
import type { Routing } from '../routing/routing.js';
import type { NodeRuns } from '../runs/runs.js';
import type { StateRepository } from '../state/repository.js';
import type { NodeStore } from '../store/store.js';
import type { EventTail } from '../store/tail.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import type { RedisGate } from './redis-gate.js';
import type { Findings } from './schemas/reconcile.js';
import type { StreamCommon } from './stream/event-stream.js';

/** What a node can be made of. */
export interface Stacks {
  /** In the order of their names; `inputs` is JSON Schema. */
  list(): readonly { readonly name: string; readonly inputs: Readonly<Record<string, unknown>> }[];
  /** Throws UNKNOWN_STACK, INVALID_INPUT (field `inputs.…`). */
  check(stack: string, inputs: unknown): void;
}

/** What nodes say of themselves. */
export interface NodeEvents {
  /** Answers the state in which the event leaves the node. Throws UNKNOWN_NODE, WRONG_STATE. */
  take(nodeId: string, said: { readonly load: Load; readonly configured: boolean }): Promise<NodeState>;
  /** When the next one is due (ms). */
  readonly intervalMs: number;
}

/** Something that this process cannot do its work without. */
export interface Dependency {
  readonly name: string;
  /** Undefined when it is there; else what is wrong, in words. */
  trouble(): string | undefined;
}

export interface ApiParts {
  readonly settings: Config['api'];
  readonly client: NodeyardClient;
  readonly store: NodeStore;
  readonly states: StateRepository;
  readonly queues: JobQueues;
  readonly lookQueues: readonly LookQueue[];
  readonly tail: EventTail;
  readonly heartbeats: Pick<Heartbeats, 'get'>;
  readonly nodeEvents: NodeEvents;
  readonly commands: Commands;
  readonly mailbox: Mailbox;
  readonly commandSettings: Config['commands'];
  readonly groups: Groups;
  readonly groupHistory: GroupHistory;
  readonly routing: Routing;
  /** Why a group is as large as it is, and what comes next. Throws UNKNOWN_GROUP. */
  readonly explain: (group: string) => Promise<ExplainedGroup>;
  readonly tokens: TokenStore;
  readonly nodeTokens: Pick<NodeTokens, 'nodeOf'>;
  readonly sessions: Sessions;
  readonly audit: AuditTrail;
  readonly webhooks: Webhooks;
  readonly gate: RedisGate;
  readonly stacks: Stacks;
  /** The runs of which this machine knows. */
  readonly runs: NodeRuns;
  /** What streams have in common. */
  readonly streams: StreamCommon;
  /** What a look at the fleet would find to mend. */
  readonly findings: () => Promise<Findings>;
  /** Besides Redis. */
  readonly dependencies?: readonly Dependency[];
  readonly metrics: () => Promise<Scrape>;
  /** Hears of every request. */
  readonly meter: RequestMeter;
  readonly log: Log;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Aborts when the server begins to close: what lasts (a stream of events) ends then. */
  readonly closing: AbortSignal;
}
