/** Signs a message and posts it. */

import type { Answer } from './answer.js';
import type { Message } from './deliveries.js';
import { messageIdOf } from './message.js';
import type { Post } from './post.js';
import { signatureHeaders } from './signature.js';

export interface Receiver {
  readonly webhookId: string;
  readonly url: string;
  readonly secret: string;
}

/** `at`: of this attempt, in milliseconds since 1970. */
export function send(
  post: Post,
  { webhookId, url, secret }: Receiver,
  message: Message,
  { at, signal }: { readonly at: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const { body } = message;
  const headers = {
    ...signatureHeaders(secret, { id: messageIdOf(webhookId, message), body, at }),
    'content-type': 'application/json',
    'user-agent': 'nodeyard',
  };
  return post({ url: new URL(url), headers, body, signal });
}
