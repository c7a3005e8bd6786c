/** Where an API is, and what may be said to it: checked before a token is sent anywhere. */
import { NodeyardError } from '../errors.js';

export interface Address {
  /** Without a slash at its end; a path before `/v1` is kept, for those behind a proxy. */
  readonly base: string;
  readonly token: string | undefined;
}

export interface AddressWish {
  readonly url: string;
  readonly token?: string;
  readonly allowPlainHttp?: boolean;
}

/** Throws INVALID_INPUT, whose words hold neither the token nor anything else that is secret. */
export function addressOf({ url: text, token, allowPlainHttp = false }: AddressWish): Address {
  const url = urlOf(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse('url', 'must begin with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('url', 'must hold neither a name nor a password; the token is given by itself');
  }
  if (url.search !== '' || url.hash !== '') throw refuse('url', 'must hold neither a query nor a fragment');
  if (url.protocol === 'http:' && !allowPlainHttp && !isLoopback(url.hostname)) {
    throw refuse('url', `must be https: over http everybody on the way to ${url.host} reads the token`);
  }
  // The header would be refused with words that quote it.
  if (token !== undefined && !/^[\x21-\x7e]{1,8192}$/.test(token)) {
    throw refuse('token', 'must be one word of printable characters');
  }
  return { base: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, token };
}

function urlOf(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw refuse('url', 'must be a URL like https://nodeyard.example.com');
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

const refuse = (field: 'url' | 'token', what: string): NodeyardError =>
  new NodeyardError('INVALID_INPUT', `${field}: ${what}`, { field });
