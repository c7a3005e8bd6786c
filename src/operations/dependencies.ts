/** What the operations are made of. The composition root (src/app.ts) puts it together. */
import type { StackCatalog } from '../../stacks/catalog.js';
import type { NodeEvents } from '../../stacks/define.js';
import type { StackInventories } from '../fleet/inventories.js';
import type { Heartbeats } from '../heartbeat/heartbeats.js';
import type { Log } from '../log.js';
import type { NodeRecord } from '../node/record.js';
import type { Quarantine } from '../state/quarantine.js';
import type { StateRepository } from '../state/repository.js';
import type { NodeStore } from '../store/store.js';
import type { TerraformBinary } from '../terraform/binary.js';
import type { Bundles } from '../terraform/bundle.js';
import type { Tracing } from '../tracing/tracing.js';
import type { AccountBrake } from './brake.js';
import type { LeaseTimes } from './lease.js';
import type { OperationListener } from './listener.js';
import type { Machine } from './machine.js';
import type { Recovery } from './recover.js';
import type { Timers } from './timers.js';
import type { RetryPolicy } from './verdict.js';

export interface OperationSettings {
  readonly lease: LeaseTimes;
  readonly retry: RetryPolicy;
  /** How long the first heartbeat of a node may take, unless its stack says otherwise; and the least that a stack may say of silence. */
  readonly heartbeat: { readonly startMs: number; readonly leastSilenceMs: number };
  readonly terraform: {
    readonly parallelism: number;
    readonly timeoutMs: number;
    readonly graceMs: number;
    readonly maxLogBytes: number;
    readonly passEnv: readonly string[];
  };
}

/** Absolute paths below the data directory. */
export interface OperationDirectories {
  readonly runs: string;
  readonly logs: string;
  /** One directory per node for what a stack keeps on this machine. */
  readonly nodes: string;
}

export interface OperationDependencies {
  readonly store: NodeStore;
  readonly heartbeats: Pick<Heartbeats, 'expect'>;
  /** How a node may speak for itself; undefined where it would not reach the API. */
  readonly eventsOf: (
    node: NodeRecord,
    stack: { readonly onThisMachine: boolean },
  ) => Promise<NodeEvents | undefined>;
  readonly states: StateRepository;
  readonly quarantine: Quarantine;
  readonly catalog: StackCatalog;
  readonly inventories: StackInventories;
  readonly terraform: TerraformBinary;
  readonly bundles: Bundles;
  readonly machine: Machine;
  readonly recovery: Recovery;
  readonly brake: AccountBrake;
  readonly listener: OperationListener;
  readonly tracing: Pick<Tracing, 'span'>;
  readonly settings: OperationSettings;
  readonly directories: OperationDirectories;
  /** The environment that Terraform’s is chosen from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes secrets out of text that leaves the run: diagnostics and archived logs. */
  readonly redact: (text: string) => string;
  readonly log: Log;
  /** Milliseconds, never going back. */
  readonly monotonic: () => number;
  readonly timers: Timers;
  readonly random: () => number;
  /** Of a run and of a lease’s holder: letters, digits and `-`, never the same twice. */
  readonly newId: () => string;
}
