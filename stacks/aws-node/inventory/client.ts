/** The SDK’s client for EC2: by the given environment, with bounded attempts and times, and silent. */
import type { EC2, EC2ClientConfig } from '@aws-sdk/client-ec2';
import type { InventoryContext } from '../../../src/fleet/inventory.js';
import { requireWholeAnswers } from './whole-answers.js';

type Environment = InventoryContext['env'];

export interface ClientOptions {
  readonly region: string;
  readonly env: Environment;
  /** How often a call is made at most. */
  readonly attempts: number;
  /** How long (ms) one attempt may go without a sign of life. */
  readonly attemptMs: number;
}

const CONNECT_MS = 5_000;

/** The SDK is loaded here and nowhere else: half a second and a hundred megabytes that only those pay who look at AWS. */
export async function openClient({ region, env, attempts, attemptMs }: ClientOptions): Promise<EC2> {
  const { EC2: Client } = await import('@aws-sdk/client-ec2');
  const client = withoutVersionWarning(
    () =>
      new Client({
        region,
        ...endpointIn(env),
        ...credentialsIn(env),
        retryMode: 'adaptive',
        maxAttempts: attempts,
        requestHandler: {
          connectionTimeout: Math.min(CONNECT_MS, attemptMs),
          requestTimeout: attemptMs,
          socketTimeout: attemptMs,
          throwOnRequestTimeout: true,
        },
        // For who reads the account’s trail.
        customUserAgent: 'nodeyard-inventory',
        logger: SILENT,
      }),
  );
  requireWholeAnswers(client);
  return client;
}

/** What the environment does not say the SDK finds itself: files, the process’s own variables. */
function endpointIn(env: Environment): Pick<EC2ClientConfig, 'endpoint'> {
  const endpoint = env['AWS_ENDPOINT_URL_EC2'] || env['AWS_ENDPOINT_URL'];
  return endpoint ? { endpoint } : {};
}

/**
 * Keys go before a profile, as Terraform’s provider has it and this SDK has not: what one of them made the other must find.
 * Without either it is the SDK’s default chain.
 */
function credentialsIn(env: Environment): Pick<EC2ClientConfig, 'credentials' | 'profile'> {
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
