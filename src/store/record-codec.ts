/** The node’s hash and the record that is given out: the one place where the one becomes the other. */
import { z } from 'zod';
import { NODE_STATES } from '../node/lifecycle.js';
import { type NodeRecord, PHASES } from '../node/record.js';
import { decode, type Fields, fieldsOf, flag, json, wholeNumber } from '../redis-fields.js';
import { failureField, lastErrorField } from './hash-fields.js';
import type { IdentifiedRequest, NodePatch } from './store.js';
import { boundError } from './text-bounds.js';

const words = z.record(z.string(), z.string());
const progress = z.object({
  phase: z.enum(PHASES),
  done: z.number(),
  total: z.number(),
  address: z.string().exactOptional(),
});
const resource = z.object({ address: z.string(), type: z.string(), id: z.string() });

const recordSchema = z
  .object({
    id: z.string(),
    group: z.string(),
    role: z.string(),
    stack: z.string(),
    // Checked when they were asked for; here it only matters that they are a document.
    inputs: json(z.record(z.string(), z.custom<z.core.util.JSONType>())),
    tags: json(words),
    labels: json(words),
    ttl: wholeNumber.exactOptional(),
    requestId: z.string().exactOptional(),
    onFailure: z.enum(['cleanup', 'keep']),
    state: z.enum(NODE_STATES),
    since: wholeNumber,
    createdAt: wholeNumber,
    updatedAt: wholeNumber,
    expiresAt: wholeNumber.exactOptional(),
    epoch: wholeNumber,
    leaseHolder: z.string().exactOptional(),
    leaseExpiresAt: wholeNumber.exactOptional(),
    accounted: wholeNumber.default(0),
    runEndedAt: wholeNumber.exactOptional(),
    attempts: wholeNumber,
    createSucceeded: flag,
    retryRequested: flag,
    generation: wholeNumber,
    jobId: z.string().exactOptional(),
    lastError: lastErrorField.exactOptional(),
    outputs: json(z.record(z.string(), z.unknown())).exactOptional(),
    failure: failureField.exactOptional(),
    destroyFailures: wholeNumber.exactOptional(),
    destroyFailedAt: wholeNumber.exactOptional(),
    destroyRetryAt: wholeNumber.exactOptional(),
    progress: json(progress).exactOptional(),
    resources: json(z.array(resource)).default([]),
  })
  .transform((stored): NodeRecord => {
    const {
      leaseHolder,
      leaseExpiresAt,
      failure,
      destroyFailures,
      destroyFailedAt,
      destroyRetryAt,
      ...fields
    } = stored;
    const held = leaseHolder !== undefined && leaseHolder !== '' && leaseExpiresAt !== undefined;
    return {
      ...fields,
      ...(held ? { lease: { holder: leaseHolder, expiresAt: leaseExpiresAt } } : {}),
      ...(failure === undefined ? {} : { failure: { ...failure, at: fields.since } }),
      ...(destroyFailures === undefined
        ? {}
        : {
            failedDestroys: {
              count: destroyFailures,
              since: destroyFailedAt ?? fields.since,
              ...(destroyRetryAt === undefined ? {} : { retryAt: destroyRetryAt }),
            },
          }),
    };
  });

/** Throws RECORD_UNREADABLE. */
export const decodeRecord = (key: string, fields: Fields): NodeRecord => decode(recordSchema, fields, key);

/** The same for a hash as a script answers it. */
export const decodeFlat = (key: string, flat: readonly string[]): NodeRecord =>
  decodeRecord(key, fieldsOf(flat));

/** The fields of a new node, besides what its creation decides (state, times, sequence). */
export function encodeRequest(request: IdentifiedRequest): Fields {
  return {
    id: request.id,
    group: request.group,
    role: request.role,
    stack: request.stack,
    inputs: JSON.stringify(request.inputs),
    tags: JSON.stringify(request.tags ?? {}),
    labels: JSON.stringify(request.labels ?? {}),
    onFailure: request.onFailure ?? 'cleanup',
    ...(request.ttl === undefined ? {} : { ttl: String(request.ttl) }),
    ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
    epoch: '0',
    accounted: '0',
    attempts: '0',
    createSucceeded: '0',
    retryRequested: '0',
    generation: '0',
  };
}

export function encodePatch({ progress, resources, attempts, lastError }: NodePatch): Fields {
  return {
    ...(progress === undefined ? {} : { progress: JSON.stringify(progress) }),
    ...(resources === undefined ? {} : { resources: JSON.stringify(resources) }),
    ...(attempts === undefined ? {} : { attempts: String(attempts) }),
    ...(lastError === undefined ? {} : { lastError: JSON.stringify(boundError(lastError)) }),
  };
}
