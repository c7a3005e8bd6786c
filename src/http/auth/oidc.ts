/**
 * Tokens of an OpenID Connect issuer: signed by one of its keys, made for us, not expired, and with a claim that says what
 * their bearer may do. The keys are fetched once and again when a token names one that is not known.
 */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { RANKED_SCOPES, type RankedScope } from '../../auth/scopes.js';
import type { Config } from '../../config.js';
import { HttpError } from '../errors.js';
import { unauthenticated } from './bearer.js';
import type { Principal } from './principal.js';

export type OidcSettings = NonNullable<Config['api']['oidc']>;

export interface Issuer {
  /** Throws UNAUTHENTICATED, FORBIDDEN (the claim names no scope), ISSUER_UNAVAILABLE. */
  check(text: string): Promise<Principal>;
}

/** Signatures only: with a shared secret everybody who can check a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Clocks differ. */
const TOLERANCE_S = 30;
const FETCH_MS = 5_000;
/** How soon unknown keys may make us ask again, and how long known ones are kept. */
const COOLDOWN_MS = 30_000;
const KEYS_MS = 10 * 60_000;
/** How long an issuer that cannot be reached is left alone. */
const RESPITE_MS = 1_000;
/** Names of people go into histories and logs. */
const LONGEST_SUBJECT = 128;

export function createIssuer(settings: OidcSettings, monotonic: () => number): Issuer {
  const { issuer, audience } = settings;
  let keys: Promise<JWTVerifyGetKey> | undefined;
  let failedAt: number | undefined;
  const keySet = (): Promise<JWTVerifyGetKey> => {
    if (failedAt !== undefined && monotonic() - failedAt >= RESPITE_MS) keys = failedAt = undefined;
    if (keys === undefined) {
      keys = openKeys(settings);
      keys.catch(() => {
        failedAt = monotonic();
      });
    }
    return keys;
  };

  return {
    async check(text) {
      // Before anything is fetched: what is no token at all must not make us ask anybody.
      if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) throw unauthenticated('the token is not known');
      const payload = await verify(text, keySet, { issuer, audience });
      const subject = String(payload.sub).slice(0, LONGEST_SUBJECT);
      const scope = scopeOf(payload, settings);
      if (scope === undefined) {
        throw new HttpError(
          'FORBIDDEN',
          `the claim ${settings.claim} of this token names no scope of this server`,
        );
      }
      return { kind: 'oidc', subject, scope };
    },
  };
}

async function verify(
  text: string,
  keySet: () => Promise<JWTVerifyGetKey>,
  { issuer, audience }: Pick<OidcSettings, 'issuer' | 'audience'>,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(text, async (header, token) => (await keySet())(header, token), {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    if (isAboutToken(error)) throw unauthenticated(wordsOf(error), error);
    throw new HttpError('ISSUER_UNAVAILABLE', 'the issuer’s keys cannot be had', { cause: error });
  }
}

/** Everything else that jose throws is about the way to the keys. */
const isAboutToken = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== 'ERR_JOSE_GENERIC';

function wordsOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the token’s ${error.claim} is not what this server takes`;
  return 'the token is not signed by a key of the issuer';
}

async function openKeys({ issuer, jwksUrl }: OidcSettings): Promise<JWTVerifyGetKey> {
  const url = jwksUrl ?? (await discover(issuer));
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: KEYS_MS,
  });
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discover(issuer: string): Promise<string> {
  const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(place, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${place} answers ${response.status}`);
  const { issuer: named, jwks_uri: keys } = (await response.json()) as {
    issuer?: unknown;
    jwks_uri?: unknown;
  };
  if (named !== issuer) throw new Error(`${place} is of another issuer`);
  if (typeof keys !== 'string') throw new Error(`${place} names no jwks_uri`);
  return keys;
}

/** The highest scope that any value of the claim makes. */
function scopeOf(payload: JWTPayload, { claim, scopes }: OidcSettings): RankedScope | undefined {
  const values = valuesOf(claimAt(payload, claim));
  return RANKED_SCOPES.toReversed().find((scope) => scopes[scope].some((value) => values.includes(value)));
}

/** As its name says it, or by its parts: `realm_access.roles`. */
function claimAt(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  return claim.split('.').reduce<unknown>((inner, name) => {
    const isObject = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name);
    return isObject ? (inner as Record<string, unknown>)[name] : undefined;
  }, payload);
}

function valuesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
