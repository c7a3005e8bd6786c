/**
 * Ends a quarantine entry, unless a later document of its run has come since it was looked at.
 *
 * KEYS quarantine, quarantines, unattended quarantines
 * ARGV id, epoch, sha256 of the document that was looked at (empty: whatever is there)
 */
import { CLAIM_FIELD, CONFIGURATION_FIELD, DOCUMENT_FIELD, SUMMARY_FIELD } from '../keys.js';

/** `close_entry(id, epoch)`: takes an entry out of everything. */
export const CLOSE_ENTRY = `
local function close_entry(id, epoch)
  for _, field in ipairs({ '${SUMMARY_FIELD}', '${DOCUMENT_FIELD}', '${CONFIGURATION_FIELD}', '${CLAIM_FIELD}' }) do
    redis.call('HDEL', KEYS[1], field .. epoch)
  end
  redis.call('ZREM', KEYS[2], id .. ':' .. epoch)
  redis.call('ZREM', KEYS[3], id .. ':' .. epoch)
end`;

/** Replies `closed`, `changed` or `unknown`. */
export const CLOSE_QUARANTINE = `${CLOSE_ENTRY}
local summary = redis.call('HGET', KEYS[1], '${SUMMARY_FIELD}' .. ARGV[2])
if not summary then return 'unknown' end
if ARGV[3] ~= '' and cjson.decode(summary).sha256 ~= ARGV[3] then return 'changed' end
close_entry(ARGV[1], ARGV[2])
return 'closed'`;
