/** An entry in the log and in the audit trail for everything that was changed, or was tried by somebody who may come in. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditEntry, AuditTrail } from '../auth/audit-trail.js';
import type { Log } from '../log.js';
import { nameOf } from './auth/principal.js';
import type { RedisGate } from './redis-gate.js';
import type { Api } from './types.js';

export interface AuditParts {
  readonly audit: AuditTrail;
  readonly gate: RedisGate;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The entry is there before the answer is: who reads the trail after it finds it. */
export function addAudit(api: Api, { audit, gate, log, now }: AuditParts): void {
  api.addHook('onSend', async (request, reply, payload) => {
    const { audit: action } = request.routeOptions.config;
    if (action === undefined) return payload;
    const entry = entryOf(action, request, reply, now());
    // Somebody without a valid token has changed nothing, and must not be able to wash others’ entries away.
    const isSomebody = request.principal.kind !== 'nobody';
    log[isSomebody ? 'info' : 'debug'](entry, 'audit');
    if (!isSomebody || gate.trouble !== undefined) return payload;
    try {
      await audit.add(entry);
    } catch (error) {
      // What was done is done; the log has the entry.
      log.error({ requestId: request.id, error: String(error) }, 'the audit trail was not written');
    }
    return payload;
  });
}

function entryOf(action: string, request: FastifyRequest, reply: FastifyReply, at: number): AuditEntry {
  const { principal } = request;
  return {
    at,
    who: nameOf(principal),
    ...(principal.kind === 'token' ? { tokenId: principal.id } : {}),
    action,
    target: request.auditTarget ?? targetOf(request.params),
    from: request.ip,
    result: request.answerCode ?? 'done',
    status: reply.statusCode,
    requestId: request.id,
  };
}

/** The names that the path has. */
const targetOf = (params: unknown): string =>
  Object.values((params ?? {}) as Record<string, string>).join(' ');
