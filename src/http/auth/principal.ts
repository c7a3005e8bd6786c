/** Who is asking. */
import { includes, type RankedScope, type Scope } from '../../auth/scopes.js';
import { HttpError } from '../errors.js';

/** What a route asks of who calls it; `public` is for everybody. */
export type RouteScope = Scope | 'public';

export type Principal =
  | {
      readonly kind: 'token';
      readonly id: string;
      readonly name: string;
      readonly scope: Scope;
      readonly nodeId?: string;
    }
  /** A node that speaks for itself. */
  | { readonly kind: 'node'; readonly nodeId: string; readonly scope: 'node' }
  | { readonly kind: 'oidc'; readonly subject: string; readonly scope: RankedScope }
  /** Somebody on this machine, while no token was ever made. */
  | { readonly kind: 'local'; readonly scope: 'admin' }
  | { readonly kind: 'nobody' };

export const NOBODY: Principal = { kind: 'nobody' };

/** As histories, the audit trail and the log name it. */
export function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'token':
      return `token ${principal.name}`;
    case 'node':
      return `node ${principal.nodeId}`;
    case 'oidc':
      return `oidc ${principal.subject}`;
    case 'local':
      return 'local';
    case 'nobody':
      return 'nobody';
  }
}

/** The words that go into a node’s history: who, and why where that was said. */
export const reasonOf = (principal: Principal, reason: string | undefined): string =>
  reason === undefined ? nameOf(principal) : `${nameOf(principal)}: ${reason}`;

/** Throws FORBIDDEN. `nodeId` is the node that the path names. */
export function demand(principal: Principal, wanted: RouteScope, nodeId: string | undefined): void {
  if (wanted === 'public') return;
  if (principal.kind === 'nobody') throw new HttpError('FORBIDDEN', 'nobody may do this');
  if (principal.kind === 'local') return;
  if (!includes(principal.scope, wanted)) {
    throw new HttpError(
      'FORBIDDEN',
      `this takes the scope ${wanted}; ${nameOf(principal)} has ${principal.scope}`,
    );
  }
  if (wanted === 'node' && (principal.kind === 'oidc' || principal.nodeId !== nodeId)) {
    throw new HttpError('FORBIDDEN', 'this token belongs to another node');
  }
}
