/** The node’s hash and the record that is given out: the one place where the one becomes the other. */
import { z } from 'zod';
import { NODE_STATES } from '../node/lifecycle.js';
import { type NodeRecord, PHASES } from '../node/record.js';
import { type Fields, fieldsOf } from '../redis-fields.js';
import {
  document,
  flag,
  hashReader,
  needed,
  object,
  oneOf,
  optional,
  text,
  whole,
  words,
} from '../redis-hashes.js';
import { failureSchema, lastErrorSchema } from './hash-fields.js';
import type { IdentifiedRequest, NodePatch } from './store.js';
import { boundError } from './text-bounds.js';

const progress = z.object({
  phase: z.enum(PHASES),
  done: z.number(),
  total: z.number(),
  address: z.string().exactOptional(),
});
const resource = z.object({ address: z.string(), type: z.string(), id: z.string() });

const readHash = hashReader({
  id: needed(text),
  group: needed(text),
  role: needed(text),
  stack: needed(text),
  // Checked when they were asked for; here it only matters that they are a document.
  inputs: needed(object<z.core.util.JSONType>()),
  tags: needed(words),
  labels: needed(words),
  ttl: optional(whole),
  requestId: optional(text),
  onFailure: needed(oneOf(['cleanup', 'keep'])),
  state: needed(oneOf(NODE_STATES)),
  since: needed(whole),
  createdAt: needed(whole),
  updatedAt: needed(whole),
  expiresAt: optional(whole),
  epoch: needed(whole),
  leaseHolder: optional(text),
  leaseExpiresAt: optional(whole),
  accounted: optional(whole),
  runEndedAt: optional(whole),
  attempts: needed(whole),
  createSucceeded: needed(flag),
  retryRequested: needed(flag),
  generation: needed(whole),
  jobId: optional(text),
  lastError: optional(document(lastErrorSchema)),
  outputs: optional(object<unknown>()),
  failure: optional(document(failureSchema)),
  destroyFailures: optional(whole),
  destroyFailedAt: optional(whole),
  destroyRetryAt: optional(whole),
  progress: optional(document(progress)),
  resources: optional(document(z.array(resource))),
});

/** Throws RECORD_UNREADABLE. */
export function decodeRecord(key: string, stored: Fields): NodeRecord {
  const {
    leaseHolder,
    leaseExpiresAt,
    failure,
    destroyFailures,
    destroyFailedAt,
    destroyRetryAt,
    accounted = 0,
    resources = [],
    ...fields
  } = readHash(key, stored);
  const held = leaseHolder !== undefined && leaseHolder !== '' && leaseExpiresAt !== undefined;
  return {
    ...fields,
    accounted,
    resources,
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
}

/** The same for a hash as a script answers it. */
export const decodeFlat = (key: string, flat: readonly string[]): NodeRecord =>
  decodeRecord(key, fieldsOf(flat));

/** The same for a hash among many (`RECORDS` of scripts/prelude.ts): the JSON of `[name, value, …]`, or nothing. */
export const decodePacked = (key: string, packed: string): NodeRecord =>
  decodeRecord(key, packed === '' ? {} : fieldsOf(JSON.parse(packed) as string[]));

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
