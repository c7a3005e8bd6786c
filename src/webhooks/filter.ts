/** Whether an event is one that a webhook asked for. */
import type { NodeEvent } from '../node/record.js';
import type { WebhookFilter } from './webhook.js';

type Filtered = Pick<NodeEvent, 'type' | 'to' | 'group' | 'role'>;

/** Every given field has to match; what is not given matches everything. */
export const matches = ({ types, states, groups, roles }: WebhookFilter, event: Filtered): boolean =>
  among(types, event.type) &&
  among(states, event.to) &&
  among(groups, event.group) &&
  among(roles, event.role);

const among = <Word>(words: readonly Word[] | undefined, word: Word | undefined): boolean =>
  words === undefined || (word !== undefined && words.includes(word));
