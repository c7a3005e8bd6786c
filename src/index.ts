/**
 * What `nodeyard` exports: the client of a producer, and a worker inside another process. Nothing happens on import.
 * How a stack is written is exported by `nodeyard/stacks`.
 */
import { type StartedWorker, startWorker as startWorkerOn } from '../workers/worker.js';
import { type App, openApp } from './app.js';
import type { NodeyardClient } from './client.js';
import { type Config, loadConfig } from './config.js';
import type { Log } from './log.js';
import type { Temper } from './queue/connections.js';
import type { TerraformBinary } from './terraform/binary.js';

export type { By, NodeyardClient, Requested } from './client.js';
export { type Config, loadConfig } from './config.js';
export {
  type DiagnosticSummary,
  ERROR_CODES,
  type ErrorClass,
  type ErrorCode,
  NodeyardError,
} from './errors.js';
export type { Log } from './log.js';
export {
  ACTORS,
  type Actor,
  DRIVEN_STATES,
  isTerminal,
  NODE_STATES,
  type NodeState,
  OPERATIONS,
  type Operation,
  parseState,
  TRANSITIONS,
  type Transition,
} from './node/lifecycle.js';
export type {
  Failure,
  Lease,
  NodeEvent,
  NodeEventType,
  NodeRecord,
  Phase,
  Progress,
  ResourceId,
} from './node/record.js';
export type { CreateJobData, DestroyJobData, NodeRequest } from './node/request.js';
export { QUEUE_NAMES, QUEUE_PREFIX } from './queue/names.js';
export type { WaitOptions } from './wait-for-node.js';
export type { WebhookPayload } from './webhooks/payload.js';

export interface ConnectOptions {
  /** From `loadConfig`; read from the environment and `nodeyard.json` of the current directory when absent. */
  readonly config?: Config;
  /** `process.env` when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** JSON lines on stderr by the configured level when absent. */
  readonly log?: Log;
}

export interface Connection {
  readonly client: NodeyardClient;
  /** Ends every connection, and the embedded Redis if this process started it. */
  close(): Promise<void>;
}

/** Connects a producer. It answers at once, also when it is "no Redis". Throws CONFIG_INVALID, REDIS_UNAVAILABLE. */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const app = await open(options, 'hasty');
  return { client: app.client, close: () => app.close() };
}

export interface RunningWorker {
  /** Of the same Redis, so that a process can ask for what it does itself. */
  readonly client: NodeyardClient;
  readonly terraform: TerraformBinary;
  /** Takes no new jobs, lets running Terraform end gracefully and stores its state, then ends every connection. */
  stop(): Promise<void>;
}

/**
 * Starts a worker in this process. It does not touch the process’s signals: call `stop` from your own handler. Throws
 * CONFIG_INVALID, TERRAFORM_MISSING, REDIS_UNAVAILABLE.
 */
export async function startWorker(options: ConnectOptions = {}): Promise<RunningWorker> {
  const app = await open(options, 'patient');
  let worker: StartedWorker;
  try {
    worker = await startWorkerOn(app);
  } catch (error) {
    await app.close();
    throw error;
  }
  let stopped: Promise<void> | undefined;
  return {
    client: app.client,
    terraform: worker.terraform,
    stop: () => {
      stopped ??= worker.stop().finally(() => app.close());
      return stopped;
    },
  };
}

async function open({ config, env = process.env, log }: ConnectOptions, temper: Temper): Promise<App> {
  const loaded = config ?? loadConfig({ env, cwd: process.cwd() });
  return openApp({ config: loaded, env, temper, ...(log === undefined ? {} : { log }) });
}
