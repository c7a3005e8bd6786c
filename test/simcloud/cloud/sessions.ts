/** Who asks: the account’s own user, or a role that somebody has assumed. What a role does happens in the role’s account. */
import { randomBytes } from 'node:crypto';
import type { SessionKeys } from '../api.js';
import { CloudRefusal } from './errors.js';
import type { CloudSettings } from './settings.js';
import { ACCOUNT } from './world.js';

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

export interface AssumeRoleInput {
  readonly RoleArn: string;
  readonly RoleSessionName?: string | undefined;
  readonly ExternalId?: string | undefined;
}

export interface AssumeRoleOutput {
  readonly Credentials: {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
    /** ISO 8601 */
    readonly Expiration: string;
  };
  readonly AssumedRoleUser: { readonly AssumedRoleId: string; readonly Arn: string };
}

const USER: Identity = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/simulated` };
const ROLE = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

export class Sessions {
  readonly #settings: CloudSettings;
  readonly #now: () => number;
  /** By token. */
  readonly #open = new Map<
    string,
    { readonly accessKeyId: string; readonly until: number; readonly identity: Identity }
  >();

  constructor(settings: CloudSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** Throws AccessDenied, in STS’s words, for a role that does not trust who asks. */
  assume(
    { RoleArn, RoleSessionName = 'simulated', ExternalId }: AssumeRoleInput,
    by: Identity,
  ): AssumeRoleOutput {
    const { roles, sessionMs } = this.#settings;
    const trusted =
      roles?.some(({ arn, externalId }) => arn === RoleArn && externalId === ExternalId) ?? true;
    const [, account, name] = ROLE.exec(RoleArn) ?? [];
    if (!trusted || account === undefined) {
      throw new CloudRefusal(
        'AccessDenied',
        `User: ${by.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
        403,
      );
    }
    const arn = `arn:aws:sts::${account}:assumed-role/${name}/${RoleSessionName}`;
    const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const token = randomBytes(48).toString('base64');
    const until = this.#now() + sessionMs;
    this.#open.set(token, { accessKeyId, until, identity: { account, arn } });
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: randomBytes(30).toString('base64'),
        SessionToken: token,
        Expiration: new Date(until).toISOString(),
      },
      AssumedRoleUser: { AssumedRoleId: `AROASIMULATED:${RoleSessionName}`, Arn: arn },
    };
  }

  /** Throws AuthFailure for keys that nobody was given, RequestExpired for those whose time is over. */
  identityOf(keys: SessionKeys | undefined): Identity {
    if (keys === undefined) return USER;
    const session = this.#open.get(keys.token);
    if (session === undefined || session.accessKeyId !== keys.accessKeyId) {
      throw new CloudRefusal(
        'AuthFailure',
        'AWS was not able to validate the provided access credentials',
        401,
      );
    }
    if (session.until <= this.#now()) throw new CloudRefusal('RequestExpired', 'Request has expired.');
    return session.identity;
  }
}
