/** What a webhook’s URL may be. Asked when it is added and again at every attempt, because settings change in between. */
import { NodeyardError } from '../errors.js';

export interface UrlRules {
  readonly allowHttp: boolean;
}

/** Below 1024 only the ports of the web: what listens on the others takes an HTTP request for something else. */
const WEB_PORTS = [80, 443];
const FIRST_FREE_PORT = 1_024;

/** Throws INVALID_INPUT; its message does not repeat the URL, which may hold a secret. */
export function parseUrl(text: string, rules: UrlRules): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refusal = url === undefined ? 'must be an absolute URL' : urlRefusal(url, rules);
  if (url !== undefined && refusal === undefined) return url;
  throw new NodeyardError('INVALID_INPUT', `url: ${refusal}`, { field: 'url' });
}

/** Undefined when it may be called. */
export function urlRefusal(url: URL, { allowHttp }: UrlRules): string | undefined {
  if (url.protocol === 'http:' && !allowHttp)
    return 'must be https (the setting webhooks.allowHttp allows http)';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be https';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  if (url.hash !== '') return 'must not have a fragment';
  const port = portOf(url);
  if (WEB_PORTS.includes(port) || port >= FIRST_FREE_PORT) return undefined;
  return `must have the port 80, 443 or one from ${FIRST_FREE_PORT} on`;
}

const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);

/** The name or the address, as a resolver takes it: lower case, without brackets and without the dot of the root. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
