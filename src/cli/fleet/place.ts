/** Which fleet a call means: that of the configured Redis, or one behind an API. */
import { NodeyardError } from '../../errors.js';
import type { Call } from '../call.js';
import { usageError } from '../failure.js';

export interface Place {
  readonly url: string;
  readonly token?: string;
  readonly allowPlainHttp: boolean;
}

const URL_VARIABLE = 'NODEYARD_API_URL';
const TOKEN_VARIABLE = 'NODEYARD_API_TOKEN';

/** Undefined for the fleet of Redis. Who names that by an option means it, whatever the environment says. */
export function remotePlace({ io, options }: Pick<Call, 'io' | 'options'>): Place | undefined {
  const local =
    options.redis !== undefined ? '--redis' : options.dataDir !== undefined ? '--data-dir' : undefined;
  if (options.api !== undefined && local !== undefined) {
    throw usageError(
      `--api and ${local} exclude each other: one names an API, the other this machine`,
      local,
    );
  }
  const url = options.api ?? (local === undefined ? filled(io.env[URL_VARIABLE]) : undefined);
  if (url === undefined) return undefined;
  const token = filled(io.env[TOKEN_VARIABLE]);
  const allowPlainHttp = options.allowPlainHttp === true;
  return { url, allowPlainHttp, ...(token === undefined ? {} : { token }) };
}

/** For what the API does not do: refused, rather than done to the fleet of another Redis than was meant. */
export function refuseRemote(call: Pick<Call, 'io' | 'options'>, mend: string): void {
  if (remotePlace(call) === undefined) return;
  const source = sourceOf(call);
  throw usageError(`this command cannot be asked of an API, which ${source} names`, source, mend);
}

/** What to do instead, for commands that start something. */
export const STARTS_HERE = 'It starts something on this machine: leave --api and NODEYARD_API_URL out.';
export const TOKENS_ARE_MADE_THERE =
  'The API tells of no tokens and makes none: run it where Redis can be reached, without --api and NODEYARD_API_URL.';

/** The same error, with the option or variable named that it is about. */
export function inTermsOfCall(call: Pick<Call, 'io' | 'options'>, error: unknown): unknown {
  if (!(error instanceof NodeyardError) || (error.field !== 'url' && error.field !== 'token')) return error;
  const source = error.field === 'token' ? TOKEN_VARIABLE : sourceOf(call);
  const message = error.message.replace(/^\w+: /, `${source}: `);
  return usageError(
    message,
    source,
    error.field === 'url' ? WHERE : `Set ${TOKEN_VARIABLE} to the token alone.`,
  );
}

const WHERE =
  'Give the https URL of the API; --allow-plain-http takes http as well, where nobody else is on the way.';

const sourceOf = ({ options }: Pick<Call, 'options'>): string =>
  options.api === undefined ? URL_VARIABLE : '--api';

const filled = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value.trim();
