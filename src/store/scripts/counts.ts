/** KEYS = the indexes to count. Answers one number for each. */
export const COUNTS = `
local counts = {}
for i, index in ipairs(KEYS) do counts[i] = redis.call('ZCARD', index) end
return counts
`;
