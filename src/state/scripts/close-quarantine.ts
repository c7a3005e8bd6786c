/**
 * Ends a quarantine entry, unless a later document of its run has come since it was looked at.
 *
 * KEYS quarantine, quarantines
 * ARGV id, epoch, sha256 of the document that was looked at (empty: whatever is there)
 */
import { DOCUMENT_FIELD, SUMMARY_FIELD } from '../keys.js';

/** Replies `closed`, `changed` or `unknown`. */
export const CLOSE_QUARANTINE = `
local summary = redis.call('HGET', KEYS[1], '${SUMMARY_FIELD}' .. ARGV[2])
if not summary then return 'unknown' end
if ARGV[3] ~= '' and cjson.decode(summary).sha256 ~= ARGV[3] then return 'changed' end
redis.call('HDEL', KEYS[1], '${SUMMARY_FIELD}' .. ARGV[2], '${DOCUMENT_FIELD}' .. ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1] .. ':' .. ARGV[2])
return 'closed'`;
