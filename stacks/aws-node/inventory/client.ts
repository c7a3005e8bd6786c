/** The SDK’s client for EC2: by the given environment, with bounded attempts and times, and silent. */
import type { EC2, EC2ClientConfig } from '@aws-sdk/client-ec2';
import type { InventoryContext } from '../../../src/fleet/inventory.js';
import type { AssumedRole } from './place.js';
import { requireWholeAnswers } from './whole-answers.js';

type Environment = InventoryContext['env'];

export interface ClientOptions {
  readonly region: string;
  readonly env: Environment;
  /** Assumed by the credentials that the environment leads to. */
  readonly role?: AssumedRole | undefined;
  /** How often a call is made at most. */
  readonly attempts: number;
  /** How long (ms) one attempt may go without a sign of life. */
  readonly attemptMs: number;
}

const CONNECT_MS = 5_000;

/** The SDK is loaded here and nowhere else: half a second and a hundred megabytes that only those pay who look at AWS. */
export async function openClient(options: ClientOptions): Promise<EC2> {
  const { region, env, role } = options;
  const { EC2: Client } = await import('@aws-sdk/client-ec2');
  const credentials = role === undefined ? credentialsIn(env) : await credentialsOf(role, options);
  const client = withoutVersionWarning(
    () =>
      new Client({
        region,
        ...endpointIn(env),
        ...credentials,
        ...callsOf(options),
        // For who reads the account’s trail.
        customUserAgent: 'nodeyard-inventory',
        logger: SILENT,
      }),
  );
  requireWholeAnswers(client);
  return client;
}

/** How often and how long a call is made, to either service. */
const callsOf = ({ attempts, attemptMs }: ClientOptions) =>
  ({
    retryMode: 'adaptive',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, attemptMs),
      requestTimeout: attemptMs,
      socketTimeout: attemptMs,
      throwOnRequestTimeout: true,
    },
  }) as const;

/** Seen in the trail of the account whose role it is, where the request names no session. */
const SESSION = 'nodeyard-inventory';

/**
 * The role’s own, which end within the hour and are fetched anew before they do. What STS refuses fails the call that needed them,
 * under STS’s own code, so that nobody takes a role that cannot be assumed for an account in which there is nothing.
 */
async function credentialsOf(
  { roleArn, externalId, sessionName = SESSION }: AssumedRole,
  options: ClientOptions,
): Promise<Pick<EC2ClientConfig, 'credentials'>> {
  const { region, env } = options;
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const { credentials: masterCredentials, ...own } = credentialsIn(env);
  const endpoint = env['AWS_ENDPOINT_URL_STS'] || env['AWS_ENDPOINT_URL'];
  return {
    credentials: fromTemporaryCredentials({
      params: {
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
      ...(masterCredentials === undefined ? {} : { masterCredentials }),
      clientConfig: {
        region,
        ...own,
        ...(endpoint ? { endpoint } : {}),
        ...callsOf(options),
        customUserAgent: 'nodeyard-inventory',
        logger: SILENT,
      },
    }),
  };
}

/** What the environment does not say the SDK finds itself: files, the process’s own variables. */
function endpointIn(env: Environment): Pick<EC2ClientConfig, 'endpoint'> {
  const endpoint = env['AWS_ENDPOINT_URL_EC2'] || env['AWS_ENDPOINT_URL'];
  return endpoint ? { endpoint } : {};
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Keys go before a profile, as Terraform’s provider has it and this SDK has not: what one of them made the other must find.
 * Without either it is the SDK’s default chain.
 */
function credentialsIn(env: Environment): {
  readonly credentials?: Keys;
  readonly profile?: string;
} {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return {
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
      },
    };
  }
  return AWS_PROFILE ? { profile: AWS_PROFILE } : {};
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {
  // Failures are thrown; there is nothing else to tell.
}

const WARNING_SWITCH = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/**
 * The SDK announces on stderr, once, that its releases to come want a newer Node. Only this variable of the process stops it,
 * and it is read while the first client is made: it is set for that moment, in which nothing else runs.
 */
function withoutVersionWarning<T>(make: () => T): T {
  const before = process.env[WARNING_SWITCH];
  process.env[WARNING_SWITCH] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[WARNING_SWITCH];
    else process.env[WARNING_SWITCH] = before;
  }
}
