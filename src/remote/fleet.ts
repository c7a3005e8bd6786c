/** What is not of one node, over the API: stacks, queues, findings, who may do what, the server itself. */
import type { z } from 'zod';
import type * as access from '../http/schemas/access.js';
import type * as health from '../http/schemas/health.js';
import type * as queues from '../http/schemas/queues.js';
import type { findingsSchema } from '../http/schemas/reconcile.js';
import type * as stacks from '../http/schemas/stacks.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type StackList = z.output<typeof stacks.stacksSchema>;
export type OneStack = z.output<typeof stacks.oneStackSchema>;
export type QueueList = z.output<typeof queues.queuesSchema>;
export type QueueChange = z.output<typeof queues.queueChangeSchema>;
export type QueueName = QueueChange['queue']['name'];
export type Findings = z.output<typeof findingsSchema>;
export type WhoAmI = z.output<typeof access.whoSchema>;
export type AuditPage = z.output<typeof access.auditPageSchema>;
export type AuditQuery = z.output<typeof access.auditQuery>;
export type Liveness = z.output<typeof health.livenessSchema>;
export type Readiness = z.output<typeof health.readinessSchema>;

export interface Stacks {
  /** With the JSON Schema of the inputs of each. */
  list(options?: CallOptions): Promise<StackList>;
  get(name: string, options?: CallOptions): Promise<OneStack>;
}

export interface Queues {
  list(options?: CallOptions): Promise<QueueList>;
  /** What is at work goes on. Asking again changes nothing. */
  pause(name: QueueName, options?: CallOptions): Promise<QueueChange>;
  resume(name: QueueName, options?: CallOptions): Promise<QueueChange>;
}

export interface Access {
  whoAmI(options?: CallOptions): Promise<WhoAmI>;
  /** Newest first; for admins. */
  audit(query?: AuditQuery, options?: CallOptions): Promise<AuditPage>;
}

export interface Server {
  liveness(options?: CallOptions): Promise<Liveness>;
  /** Also of a server that is not ready: then it says what is missing. */
  readiness(options?: CallOptions): Promise<Readiness>;
}

export interface FleetCalls {
  readonly stacks: Stacks;
  readonly queues: Queues;
  readonly access: Access;
  readonly server: Server;
  /** What a look at the fleet finds to mend; nothing is touched. */
  findings(options?: CallOptions): Promise<Findings>;
}

export function fleetOf(transport: Transport): FleetCalls {
  const look = <Answer>(place: string, options?: CallOptions): Promise<Answer> =>
    transport.ask({ method: 'GET', path: place }, options);
  const change = (place: string, options?: CallOptions): Promise<QueueChange> =>
    transport.ask({ method: 'POST', path: place, repeatable: true }, options);
  return {
    stacks: {
      list: (options) => look('/v1/stacks', options),
      get: (name, options) => look(path`/v1/stacks/${name}`, options),
    },
    queues: {
      list: (options) => look('/v1/queues', options),
      pause: (name, options) => change(path`/v1/queues/${name}/pause`, options),
      resume: (name, options) => change(path`/v1/queues/${name}/resume`, options),
    },
    access: {
      whoAmI: (options) => look('/v1/whoami', options),
      audit: (query = {}, options) => transport.ask({ method: 'GET', path: '/v1/audit', query }, options),
    },
    server: {
      liveness: (options) => look('/livez', options),
      readiness: (options) =>
        // 503 is an answer here, and no reason to ask again.
        transport.ask({ method: 'GET', path: '/readyz', alsoGood: [503] }, options),
    },
    findings: (options) => look('/v1/reconcile/findings', options),
  };
}
