/**
 * From the provider’s configuration and environment to what its resources need. The environment says: SIMCLOUD_SOCKET, where
 * the cloud listens; SIMCLOUD_RETRIES, how often a call is repeated (0); SIMCLOUD_PATIENCE_MS, how long a wait lasts (20000).
 */
import { type SessionKeys, SOCKET_VARIABLE } from '../api.js';
import type { AssumeRoleOutput } from '../cloud/sessions.js';
import { CallFailure, Ec2 } from './ec2.js';
import { firstOf, text, textIn } from './resources/resource.js';
import { isValues, type Values } from './value.js';

export interface ProcessContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Aborted when Terraform asks to stop: waits and calls end then, as those of the real provider do. */
  readonly stop: AbortController;
  readonly crash: () => never;
}

export interface Configured {
  readonly region: string;
  readonly defaultTags: Values;
  /** For a resource, by its own region where it has one. */
  readonly ec2: (state: Values) => Ec2;
}

const NO_CLOUD = `The simulated cloud is not named: start one and set ${SOCKET_VARIABLE} to its socket, and let it pass to Terraform (NODEYARD_TERRAFORM_PASS_ENV).`;
/** Terraform’s own waits are minutes; a test has not so long. */
const PATIENCE_MS = 20_000;

/** Throws what the real provider reports when credentials are wrong. */
export async function configureProvider(context: ProcessContext, config: Values): Promise<Configured> {
  const { env, pid, stop, crash } = context;
  const socket = env[SOCKET_VARIABLE];
  if (socket === undefined) throw new Error(NO_CLOUD);
  const region = textIn(config['region']) ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (region === undefined) throw new Error('Invalid AWS Region: the provider argument "region" must be set');
  const own = (name: string, session?: SessionKeys): Ec2 =>
    new Ec2({
      socket,
      region: name,
      caller: { pid, run: env['NODEYARD_RUN_ID'] },
      session,
      retries: Number(env['SIMCLOUD_RETRIES'] ?? 0),
      patienceMs: Number(env['SIMCLOUD_PATIENCE_MS'] ?? PATIENCE_MS),
      stopped: stop.signal,
      crash,
    });
  const session = await assumeRole(own(region), firstOf(config['assume_role']));
  const client = (name: string): Ec2 => own(name, session);
  if (config['skip_credentials_validation'] !== true) await validateCredentials(client(region));
  const { tags } = firstOf(config['default_tags']);
  return {
    region,
    defaultTags: isValues(tags) ? tags : {},
    ec2: (state) => client(textIn(state['region']) ?? region),
  };
}

/** What the role does it does in its own account. Undefined without one. */
async function assumeRole(ec2: Ec2, wish: Values): Promise<SessionKeys | undefined> {
  const role = textIn(wish['role_arn']);
  if (role === undefined) return undefined;
  try {
    const { Credentials } = await ec2.call<AssumeRoleOutput>('AssumeRole', {
      RoleArn: role,
      RoleSessionName: textIn(wish['session_name']) ?? 'aws-go-sdk-simulated',
      ExternalId: textIn(wish['external_id']),
    });
    return { accessKeyId: Credentials.AccessKeyId, token: Credentials.SessionToken };
  } catch (error) {
    throw new Error(`Cannot assume IAM Role: IAM Role (${role}) cannot be assumed. ${messageOf(error)}`);
  }
}

async function validateCredentials(ec2: Ec2): Promise<void> {
  try {
    await ec2.call('GetCallerIdentity', {});
  } catch (error) {
    throw new Error(
      `Retrieving AWS account details: validating provider credentials: retrieving caller identity from STS: ${messageOf(error)}`,
    );
  }
}

const messageOf = (error: unknown): string =>
  error instanceof CallFailure ? error.message : text(String(error));
