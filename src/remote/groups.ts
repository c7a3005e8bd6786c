/** Node groups over the API. */
import type { z } from 'zod';
import type { GroupConfigInput } from '../groups/config.js';
import type * as schemas from '../http/schemas/groups.js';
import type { explainedGroupSchema, routeSchema } from '../http/schemas/routing.js';
import type { Reason } from './nodes.js';
import { type CallOptions, path, type Transport } from './transport.js';

export type GroupPage = z.output<typeof schemas.groupPageSchema>;
export type ChangedGroup = z.output<typeof schemas.changedGroupSchema>;
export type ShownGroup = z.output<typeof schemas.shownGroupSchema>;
export type GroupHistoryPage = z.output<typeof schemas.groupHistorySchema>;

export type Route = z.output<typeof routeSchema>;
export type ExplainedGroup = z.output<typeof explainedGroupSchema>;

export interface PutGroupOptions extends CallOptions {
  /** The revision that it must have, 0 for none; whatever is there when absent. Throws GROUP_CONFLICT otherwise. */
  readonly expected?: number;
}

/** Everything about one group throws UNKNOWN_GROUP where there is none. */
export interface Groups {
  /** In the order of the names. */
  page(
    query?: { readonly limit?: number; readonly cursor?: string },
    options?: CallOptions,
  ): Promise<GroupPage>;
  /** The whole of it, under its name. Throws INVALID_INPUT, GROUP_CONFLICT. */
  put(group: GroupConfigInput, options?: PutGroupOptions): Promise<ChangedGroup>;
  get(name: string, options?: CallOptions): Promise<ShownGroup>;
  /** Its nodes are destroyed, then it is gone; asking again changes nothing. */
  delete(name: string, options?: CallOptions): Promise<ChangedGroup>;
  pause(name: string, why?: Reason, options?: CallOptions): Promise<ChangedGroup>;
  resume(name: string, why?: Reason, options?: CallOptions): Promise<ChangedGroup>;
  /** Which nodes of a role serve next, the least loaded first; also of a group that nobody has configured. One node when `count` is absent. */
  route(
    name: string,
    query: { readonly role: string; readonly count?: number },
    options?: CallOptions,
  ): Promise<Route>;
  /** Why each role has the size it has, and what comes next. */
  explain(name: string, options?: CallOptions): Promise<ExplainedGroup>;
  /** Newest first. */
  history(
    name: string,
    query?: { readonly limit?: number; readonly cursor?: string },
    options?: CallOptions,
  ): Promise<GroupHistoryPage>;
}

export function groupsOf(transport: Transport): Groups {
  const toggle =
    (word: 'pause' | 'resume') =>
    (name: string, why: Reason = {}, options?: CallOptions) =>
      transport.ask<ChangedGroup>(
        { method: 'POST', path: `${path`/v1/groups/${name}`}/${word}`, body: why, repeatable: true },
        options,
      );
  return {
    page: (query = {}, options) =>
      transport.ask({ method: 'GET', path: '/v1/groups', query: { ...query } }, options),
    put: (group, { expected, ...options } = {}) =>
      transport.ask(
        {
          method: 'PUT',
          path: path`/v1/groups/${group.name}`,
          body: group,
          headers: conditionOf(expected),
          // Once it is done, its revision is not the expected one any more.
          repeatable: expected === undefined,
        },
        options,
      ),
    get: (name, options) => transport.ask({ method: 'GET', path: path`/v1/groups/${name}` }, options),
    delete: (name, options) =>
      transport.ask({ method: 'DELETE', path: path`/v1/groups/${name}`, repeatable: true }, options),
    pause: toggle('pause'),
    resume: toggle('resume'),
    route: (name, query, options) =>
      transport.ask({ method: 'GET', path: path`/v1/groups/${name}/route`, query: { ...query } }, options),
    explain: (name, options) =>
      transport.ask({ method: 'GET', path: path`/v1/groups/${name}/explain` }, options),
    history: (name, query = {}, options) =>
      transport.ask({ method: 'GET', path: path`/v1/groups/${name}/history`, query: { ...query } }, options),
  };
}

function conditionOf(expected: number | undefined): Readonly<Record<string, string>> {
  if (expected === undefined) return {};
  return expected === 0 ? { 'if-none-match': '*' } : { 'if-match': `"${expected}"` };
}
