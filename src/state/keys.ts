/**
 * The repository’s own Redis keys.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `state:<id>` | hash | the canonical document: `summary`, `document` |
 * | `state-versions:<id>` | hash | earlier runs’ last documents: `summary:<epoch>`, `document:<epoch>` |
 * | `state-quarantine:<id>` | hash | documents of stale epochs, with the same fields; `configuration:<epoch>`, `claim:<epoch>` |
 * | `state-configuration:<id>` | hash | the last configuration that was applied: `epoch`, `text` |
 * | `states` | zset | ids of the nodes that have a canonical document, in the order of their letters |
 * | `state-quarantines` | zset | `<id>:<epoch>` of everything quarantined, by time; ids hold no `:` |
 * | `state-quarantines-unattended` | zset | the same by the time since which (or until which) somebody looks after it |
 */
import { KEY_PREFIX } from '../node/keys.js';

export const stateKey = (nodeId: string): string => `${KEY_PREFIX}state:${nodeId}`;
export const versionsKey = (nodeId: string): string => `${KEY_PREFIX}state-versions:${nodeId}`;
export const quarantineKey = (nodeId: string): string => `${KEY_PREFIX}state-quarantine:${nodeId}`;
export const configurationKey = (nodeId: string): string => `${KEY_PREFIX}state-configuration:${nodeId}`;
export const STATES_KEY = `${KEY_PREFIX}states`;
export const QUARANTINES_KEY = `${KEY_PREFIX}state-quarantines`;

export const UNATTENDED_QUARANTINES_KEY = `${KEY_PREFIX}state-quarantines-unattended`;

/** Fields of the hashes that keep one document per epoch. */
export const SUMMARY_FIELD = 'summary:';
export const DOCUMENT_FIELD = 'document:';
/** Of a quarantined document only: the configuration that made what it holds, and who destroys that now. */
export const CONFIGURATION_FIELD = 'configuration:';
export const CLAIM_FIELD = 'claim:';
