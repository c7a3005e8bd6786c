/** A webhook as people see it. */
import type { AttemptFailure, Webhook, WebhookFilter } from '../webhooks/webhook.js';
import type { Output } from './output.js';
import { printable } from './printable.js';
import { age } from './times.js';

/** `FAILED; group media`, or `everything`. */
export function filterText({ types, states, groups, roles }: WebhookFilter): string {
  const parts = [
    ['', states],
    ['type', types],
    ['group', groups],
    ['role', roles],
  ] as const;
  const shown = parts.flatMap(([name, words]) =>
    words === undefined ? [] : [[name, words.join(', ')].filter((part) => part !== '').join(' ')],
  );
  return shown.length === 0 ? 'everything' : shown.join('; ');
}

/** What an operator wants to know first. */
export function statusText(output: Output, { enabled, delivery }: Webhook, now: number): string {
  if (!enabled) return output.paint('yellow', 'disabled');
  const { retrying, oldestUndeliveredAt, deliveredBy } = delivery;
  if (retrying > 0) {
    const since = oldestUndeliveredAt === undefined ? '' : ` for ${age(now - oldestUndeliveredAt)}`;
    return output.paint('red', `failing${since}`);
  }
  return deliveredBy === undefined ? 'nobody delivers it' : output.paint('green', 'ok');
}

/** `500: not now`, `unreachable: ECONNREFUSED` */
export const failureText = ({ status, problem, detail }: AttemptFailure): string =>
  [String(status ?? problem ?? ''), ...(detail === undefined ? [] : [printable(detail)])].join(': ');
