/** The settings of the HTTP API: where it listens, whom it lets in, how much it takes. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { about, section } from './section.js';
import { count, duration, size, text, toggle, words } from './units.js';

const ANY = /./;
const ADDRESS = /^(off|\[[0-9a-f:.]+\]:\d{1,5}|[a-z0-9.-]+:\d{1,5})$/i;
/** What the queue board lets admins do. */
const BOARD_MODES = ['off', 'read', 'write'] as const;
const LAST_PORT = 65_535;
const NETWORK = /^[0-9a-f:.]+(\/\d{1,3})?$/i;
function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128);
}

/** In the clear only where nothing but this machine can listen. */
const SAFE_URL = /^(https:\/\/[^\s]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/\S*)?)$/;

/** It stands in the user data of machines, which has little room. */
const LONGEST_ADDRESS = 512;

/** What `fetch` and a shell script can put a path behind. */
function isPlainAddress(place: string): boolean {
  if (!URL.canParse(place)) return false;
  if (place.length > LONGEST_ADDRESS) return false;
  const { username, password, search, hash } = new URL(place);
  return username === '' && password === '' && search === '' && hash === '' && !/["'\\`$]/.test(place);
}

const oidc = section({
  issuer: text(SAFE_URL, 'must be an https:// address')
    .optional()
    .meta(
      about(
        'The issuer of the OpenID Connect tokens that are taken besides our own, as their `iss` says it.',
      ),
    ),
  audience: text(ANY, 'must not be empty')
    .optional()
    .meta(about('What their `aud` must name. Required with `api.oidc.issuer`.')),
  jwksUrl: text(SAFE_URL, 'must be an https:// address')
    .optional()
    .meta(about('Where the issuer’s keys are. Without it, where its discovery document says.')),
  claim: text(/^[\w.:/-]+$/, 'must be the name of a claim; dots go deeper')
    .prefault('groups')
    .meta(
      about('The claim that says what its bearer may do: a text (words with spaces between them) or a list.'),
    ),
  viewers: words(ANY, 'must be words').prefault([]).meta(about('Values of the claim that make a viewer.')),
  operators: words(ANY, 'must be words')
    .prefault([])
    .meta(about('Values of the claim that make an operator.')),
  admins: words(ANY, 'must be words').prefault([]).meta(about('Values of the claim that make an admin.')),
}).superRefine(({ issuer, audience, jwksUrl, viewers, operators, admins }, context) => {
  const refuse = (name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [name], message });
  const anybody = [...viewers, ...operators, ...admins].length > 0;
  if (issuer === undefined) {
    if (audience !== undefined || jwksUrl !== undefined || anybody) {
      refuse('issuer', 'must be set where other settings of api.oidc are');
    }
    return;
  }
  // Without it, a token that was made for another service of the same issuer would open this one.
  if (audience === undefined) refuse('audience', 'must be set with api.oidc.issuer');
  if (!anybody) refuse('viewers', 'or operators or admins must name somebody: nobody could enter');
});

export const api = section({
  listen: text(ADDRESS, 'must be host:port, or off')
    .refine((place) => Number(/\d*$/.exec(place)?.[0]) <= LAST_PORT, 'must name a port up to 65535')
    .optional()
    .meta(
      about(
        'Where the API listens. Without it 127.0.0.1:7422, for `nodeyard up` only where that is free; `off` keeps `nodeyard up` from it. Others than this machine can be served once there is a token.',
      ),
    ),
  publicUrl: text(SAFE_URL, 'must be an https:// address, or an http:// one of this machine')
    .refine(
      isPlainAddress,
      'must be an address of at most 512 characters, without a user, a query, a fragment or quotes',
    )
    .optional()
    .meta(
      about(
        'The address under which nodes reach the API. Without it nodes are not told to speak for themselves, but those on the machine of `nodeyard up`.',
      ),
    ),
  nodeTokenKeys: words(
    /^([0-9a-f]{64}|[A-Za-z0-9+/]{43}=)$/i,
    'must be keys of 32 bytes, each as 64 hexadecimal digits or base64 (make one with `openssl rand -hex 32`)',
  )
    .prefault([])
    .meta(
      about(
        'Keys that the tokens of nodes are derived from: the first one makes them, all of them know theirs. Without it one is made and kept in Redis. The same for every process.',
        { secret: true, variable: 'NODEYARD_API_NODE_TOKEN_KEY' },
      ),
    ),
  board: z
    .enum(BOARD_MODES, { error: `must be one of ${BOARD_MODES.join(', ')}` })
    .prefault('read')
    .meta(
      about(
        'Whether the API shows the queues to admins, at `/queues`: `read` to look at them, `write` to pause them and to retry, promote and remove their jobs as well, `off`.',
      ),
    ),
  docs: toggle().prefault('on').meta(about('Whether the API shows a page to browse it, at `/docs`.')),
  bodyLimit: size({ min: '1KiB', max: '64MiB' })
    .prefault('4MiB')
    .meta(about('The largest body of a request.')),
  requestTimeout: duration({ min: '1s', max: '10m' })
    .prefault('30s')
    .meta(about('How long a request may take to arrive, and then to be answered.')),
  redisTimeout: duration({ min: '100ms', max: '1m' })
    .prefault('2s')
    .meta(about('How long the API waits for one answer of Redis before it says that Redis is away.')),
  rateLimit: count({ min: 0, max: 100_000_000 })
    .prefault(6_000)
    .meta(
      about(
        'Requests a minute from one token, or one address without a token; 0 = no limit. Each server counts for itself.',
      ),
    ),
  maxListeners: count({ min: 1, max: 1_000_000 })
    .prefault(2_000)
    .meta(about('How many may listen to events and logs at once, at one server; others get 503.')),
  trustProxy: words(NETWORK, 'must be addresses or networks like 10.0.0.0/8')
    .refine((networks) => networks.every(isNetwork), 'must be addresses or networks like 10.0.0.0/8')
    .prefault([])
    .meta(about('Proxies whose word is taken for the address that a request comes from.')),
  closeGrace: duration({ min: '0s', max: '10m' })
    .prefault('10s')
    .meta(about('How long requests at work may go on when the API is stopped.')),
  auditEntries: count({ min: 100, max: 100_000_000 })
    .prefault(10_000)
    .meta(about('Entries kept of who changed what over HTTP, about.')),
  oidc: oidc.prefault({}),
});
