/**
 * The Redis keys of groups. Names never hold a `:`.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `groups` | zset | the names, all with the score 0: in their own order |
 * | `group:<name>` | hash | `config` (JSON), `revision`, `createdAt`, `updatedAt`, `deletedAt` |
 * | `group-revisions` | hash | the newest revision of every name that there ever was |
 * | `group-history:<name>` | stream | its newest entries; for a while beyond its end |
 * | `group-memory:<name>` | hash | what scaling remembers of its roles: `<role>:step`, `<role>:grewAt`, `<role>:shrankAt` |
 * | `group-outcomes:<name>:<role>` | zset | how the newest creates of a role ended, `<well or wrong> <node>` by time |
 */
import { KEY_PREFIX } from '../node/keys.js';

export const GROUPS_KEY = `${KEY_PREFIX}groups`;
export const REVISIONS_KEY = `${KEY_PREFIX}group-revisions`;

export const groupKey = (name: string): string => `${KEY_PREFIX}group:${name}`;
export const groupHistoryKey = (name: string): string => `${KEY_PREFIX}group-history:${name}`;
export const groupMemoryKey = (name: string): string => `${KEY_PREFIX}group-memory:${name}`;
export const groupOutcomesKey = (name: string, role: string): string =>
  `${KEY_PREFIX}group-outcomes:${name}:${role}`;
