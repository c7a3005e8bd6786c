/**
 * The claims of quarantined documents.
 *
 * KEYS quarantine, quarantines, unattended quarantines
 * ARGV id, epoch, now (milliseconds since 1970; negative: the clock of Redis), JSON of what else the script is told
 */
import { CLAIM_FIELD, CONFIGURATION_FIELD, DOCUMENT_FIELD, SUMMARY_FIELD } from '../keys.js';
import { CLOSE_ENTRY } from './close-quarantine.js';

const ENTRY = `
local id, epoch, now, ask = ARGV[1], ARGV[2], tonumber(ARGV[3]), cjson.decode(ARGV[4])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local summary = redis.call('HGET', KEYS[1], '${SUMMARY_FIELD}' .. epoch)
local claim = cjson.decode(redis.call('HGET', KEYS[1], '${CLAIM_FIELD}' .. epoch) or '{}')

local function set_claim(holder, ends)
  claim.holder, claim.ends = holder, ends
  redis.call('HSET', KEYS[1], '${CLAIM_FIELD}' .. epoch, cjson.encode(claim))
  redis.call('ZADD', KEYS[3], ends, id .. ':' .. epoch)
end

local function mine() return summary and claim.number == ask.number and claim.holder == ask.holder end
local function unchanged() return cjson.decode(summary).sequence == ask.base end
`;

/** Told `holder` and `leaseMs`. Replies `held`, `unknown`, or the claim’s number. */
export const CLAIM = `${ENTRY}
if not summary then return 'unknown' end
local held = claim.holder and claim.holder ~= '' and claim.holder ~= ask.holder and claim.ends > now
if held then return 'held' end
claim.number = (claim.number or 0) + 1
set_claim(ask.holder, now + ask.leaseMs)
return tostring(claim.number)`;

/** Told the claim and `leaseMs`. Replies `yes` or `no`. */
export const RENEW_CLAIM = `${ENTRY}
if not mine() then return 'no' end
set_claim(ask.holder, now + ask.leaseMs)
return 'yes'`;

/** Told the claim and `waitMs`. Replies `yes` or `no`. */
export const RELEASE_CLAIM = `${ENTRY}
if not mine() then return 'no' end
set_claim('', now + ask.waitMs)
return 'yes'`;

/** Told the claim; ARGV goes on with summary and document. Replies `yes` or `no`. */
export const AMEND = `${ENTRY}
if not mine() or not unchanged() then return 'no' end
redis.call('HSET', KEYS[1], '${SUMMARY_FIELD}' .. epoch, ARGV[5], '${DOCUMENT_FIELD}' .. epoch, ARGV[6])
return 'yes'`;

/** Told the claim. Replies `yes` or `no`. */
export const END_ENTRY = `${ENTRY}${CLOSE_ENTRY}
if not mine() or not unchanged() then return 'no' end
close_entry(id, epoch)
return 'yes'`;

/** Told nothing; ARGV goes on with the configuration. Replies `yes` or `no`. */
export const KEEP_CONFIGURATION = `${ENTRY}
if not summary then return 'no' end
redis.call('HSET', KEYS[1], '${CONFIGURATION_FIELD}' .. epoch, ARGV[5])
return 'yes'`;
