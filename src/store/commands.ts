/** Registers the scripts with a client and gives each a typed function. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NODE_STATES } from '../node/lifecycle.js';
import { wholeNumber } from '../redis-fields.js';
import { scriptsOn, yesOrNo } from '../redis-scripts.js';
import { AGES, type AgesAsk } from './scripts/ages.js';
import { ATTEND, type AttendAsk } from './scripts/attend.js';
import { BEGIN, type BeginAsk } from './scripts/begin.js';
import { COUNTS } from './scripts/counts.js';
import { CREATE, type CreateAsk } from './scripts/create.js';
import { DUE, type DueAsk } from './scripts/due.js';
import { FAILED_DESTROYS, type FailedDestroysAsk } from './scripts/failed-destroys.js';
import { FLEET, type FleetAsk } from './scripts/fleet.js';
import { GET_MANY, type GetManyAsk } from './scripts/get-many.js';
import { GLANCE, type GlanceAsk, MEMBERS } from './scripts/glance.js';
import { RELEASE, RENEW, type ReleaseAsk, type RenewAsk } from './scripts/lease.js';
import { LIST, type ListAsk } from './scripts/list.js';
import { NEXT_GENERATION } from './scripts/next-generation.js';
import { NOTE } from './scripts/note.js';
import { OVERDUE, type OverdueAsk } from './scripts/overdue.js';
import { PATCH, type PatchAsk } from './scripts/patch.js';
import type { Ask, RecordedAsk } from './scripts/prelude.js';
import { PURGE, type PurgeAsk } from './scripts/purge.js';
import { RAISE_ALARM, type RaiseAlarmAsk } from './scripts/raise-alarm.js';
import { REQUEST_RETRY, type RequestRetryAsk } from './scripts/request-retry.js';
import { TRANSITION, type TransitionAsk } from './scripts/transition.js';
import { WARN_OF_EXPIRY, type WarnOfExpiryAsk } from './scripts/warn-of-expiry.js';

const flat = z.array(z.string());
/** What a script did, and the node’s hash after it. */
const outcome = <const V extends readonly string[]>(...verdicts: V) => z.tuple([z.enum(verdicts), flat]);
const term = z
  .tuple([z.enum(NODE_STATES), z.number()])
  .transform(([state, expiresAt]) => ({ state, expiresAt }));
/** Ids with their hashes, packed; '' for one that cannot be read. */
const records = z.array(z.tuple([z.string(), z.string()]));

export type PackedRecord = z.output<typeof records>[number];
/** Id, role, state, since, createdAt, doomed, what failed. */
const word = z.string();
const glance = z.tuple([word, word, z.enum(NODE_STATES), wholeNumber, wholeNumber, word, word]);

export type GlanceRow = z.output<typeof glance>;

export type StoreScripts = ReturnType<typeof registerScripts>;

export function registerScripts(redis: Redis) {
  const { send, read } = scriptsOn(redis);
  return {
    create: read(
      outcome('created', 'same', 'id-conflict', 'request-conflict', 'fenced-off'),
      send<CreateAsk>('nodeyardCreate', CREATE),
    ),
    transition: read(
      outcome('changed', 'unchanged', 'unknown-node', 'wrong-state', 'stale-epoch', 'fenced-off'),
      send<TransitionAsk>('nodeyardTransition', TRANSITION),
    ),
    begin: read(
      outcome('begun', 'unknown-node', 'wrong-state', 'lease-held'),
      send<BeginAsk>('nodeyardBegin', BEGIN),
    ),
    requestRetry: read(
      outcome('changed', 'unchanged', 'unknown-node', 'wrong-state'),
      send<RequestRetryAsk>('nodeyardRequestRetry', REQUEST_RETRY),
    ),
    renew: read(z.array(term).max(1), send<RenewAsk>('nodeyardRenew', RENEW)),
    release: read(yesOrNo, send<ReleaseAsk>('nodeyardRelease', RELEASE)),
    patch: read(yesOrNo, send<PatchAsk>('nodeyardPatch', PATCH)),
    note: read(yesOrNo, send<RecordedAsk>('nodeyardNote', NOTE)),
    attend: read(yesOrNo, send<AttendAsk>('nodeyardAttend', ATTEND)),
    nextGeneration: read(z.number().nullable(), send<Ask>('nodeyardNextGeneration', NEXT_GENERATION)),
    list: read(z.tuple([z.string(), records]), send<ListAsk>('nodeyardList', LIST)),
    counts: read(z.array(z.number()), send<Record<string, never>>('nodeyardCounts', COUNTS)),
    ages: read(z.array(z.array(z.number())), send<AgesAsk>('nodeyardAges', AGES)),
    due: read(records, send<DueAsk>('nodeyardDue', DUE)),
    failedDestroys: read(
      z.tuple([z.number(), z.number(), z.number()]),
      send<FailedDestroysAsk>('nodeyardFailedDestroys', FAILED_DESTROYS),
    ),
    overdue: read(records, send<OverdueAsk>('nodeyardOverdue', OVERDUE)),
    warnOfExpiry: read(yesOrNo, send<WarnOfExpiryAsk>('nodeyardWarnOfExpiry', WARN_OF_EXPIRY)),
    getMany: read(records, send<GetManyAsk>('nodeyardGetMany', GET_MANY)),
    members: read(z.tuple([z.number(), flat]), send<Ask>('nodeyardMembers', MEMBERS)),
    glance: read(z.array(glance), send<GlanceAsk>('nodeyardGlance', GLANCE)),
    fleet: read(z.string(), send<FleetAsk>('nodeyardFleet', FLEET)),
    raiseAlarm: read(yesOrNo, send<RaiseAlarmAsk>('nodeyardRaiseAlarm', RAISE_ALARM)),
    purge: read(z.number(), send<PurgeAsk>('nodeyardPurge', PURGE)),
  };
}
