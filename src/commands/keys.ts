/**
 * The Redis keys of commands. All of them end with the node, by the script that moves it (src/store).
 *
 * | key | type | holds |
 * |---|---|---|
 * | `commands:<id>` | hash | the node’s commands: `last`, the number of the newest, and of each `<number>:name`, `<number>:payload` … |
 * | `commands-waiting:<id>` | zset | numbers of those that have not ended, by the time of their next delivery |
 * | `commands-expiring` | zset | `<id>:<number>` of all that have not ended, by the time of their expiry; ids hold no `:` |
 */
import { COMMANDS_KEY_PREFIX, WAITING_COMMANDS_KEY_PREFIX } from '../node/keys.js';

export { EXPIRING_COMMANDS_KEY } from '../node/keys.js';

export const commandsKey = (nodeId: string): string => `${COMMANDS_KEY_PREFIX}${nodeId}`;
export const waitingKey = (nodeId: string): string => `${WAITING_COMMANDS_KEY_PREFIX}${nodeId}`;
