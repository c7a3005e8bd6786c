/**
 * One request to a receiver, of which nothing good is assumed: its URL and every address of its name are checked, at every
 * attempt anew, and the request goes to those that may be called or not at all.
 */
import { type Address, type AddressRules, literalAddress } from './addresses.js';
import { type Answer, codeOf, unanswered } from './answer.js';
import { exchange, type PostLimits, type PostRequest } from './exchange.js';
import type { Resolve } from './resolve.js';
import { hostOf, type UrlRules, urlRefusal } from './url.js';

/** Never rejects. */
export type Post = (request: PostRequest) => Promise<Answer>;

export interface PostOptions {
  readonly rules: UrlRules & { readonly addresses: AddressRules };
  readonly resolve: Resolve;
  readonly limits: PostLimits;
}

export function createPost({ rules, resolve, limits }: PostOptions): Post {
  return async (request) => {
    const { url, signal } = request;
    if (signal.aborted) return { kind: 'stopped' };
    const refusal = urlRefusal(url, rules);
    if (refusal !== undefined) return unanswered('not-allowed', refusal);
    const startedAt = performance.now();
    const host = hostOf(url);
    const found = await addressesOf(host, resolve, signal, limits.connectMs);
    if ('kind' in found) return found;
    const refusals = found.map((address) => rules.addresses.refusal(address, host));
    const checked = found.filter((_, index) => refusals[index] === undefined);
    if (checked.length === 0) return unanswered('not-allowed', refusals[0] ?? host);
    if (signal.aborted) return { kind: 'stopped' };
    const left = Math.max(1, limits.connectMs - (performance.now() - startedAt));
    return exchange(request, checked, { ...limits, connectMs: left });
  };
}

async function addressesOf(
  host: string,
  resolve: Resolve,
  signal: AbortSignal,
  withinMs: number,
): Promise<readonly Address[] | Answer> {
  const literal = literalAddress(host);
  if (literal !== undefined) return [literal];
  const late = new AbortController();
  const stop = (): void => late.abort();
  const timer = setTimeout(stop, withinMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await resolve(host, late.signal);
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    return late.signal.aborted ? unanswered('timed-out', 'name') : unanswered('unresolved', codeOf(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
