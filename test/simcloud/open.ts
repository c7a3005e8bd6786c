/**
 * A cloud in a directory, with all that `simulatedCloud` (src/rehearsal/description.ts) wants to find there:
 *
 *   <directory>/ledger.jsonl          what ever happened in it
 *   <directory>/mirror/               the provider, for `terraform init`
 *   <directory>/simulated-cloud.json  what a worker has to know of it
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESCRIPTION_FILE, type SimulatedCloudFile } from '../../src/rehearsal/description.js';
import { SOCKET_VARIABLE } from './api.js';
import { askCloud } from './client.js';
import { SimulatedCloud } from './cloud/cloud.js';
import { type Ec2Endpoint, serveEc2 } from './cloud/ec2-query/server.js';
import { serveCloud } from './cloud/server.js';
import type { CloudSettingsInput } from './cloud/settings.js';
import { createMirror } from './mirror.js';
import { LOOKUPS, RESOURCE_TYPES } from './provider/resources/index.js';

/** What its provider knows. */
export const simulatedTypes = { resources: Object.keys(RESOURCE_TYPES), dataSources: Object.keys(LOOKUPS) };

export interface OpenCloudOptions {
  /** Absolute; made when absent. A ledger that is there is gone on with. */
  readonly directory: string;
  readonly settings?: CloudSettingsInput;
  /** Besides what leads to this cloud: SIMCLOUD_RETRIES, SIMCLOUD_PATIENCE_MS. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the endpoint for SDKs. Where absent the last one, so that workers find a cloud that was started again. */
  readonly ec2Port?: number;
}

export interface OpenedCloud {
  readonly cloud: SimulatedCloud;
  readonly socket: string;
  /** What a provider needs to find it, and an SDK. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Addresses of unix sockets hold 104 bytes on macOS, with the zero at the end. */
const LONGEST_SOCKET = 103;

export async function openCloud(options: OpenCloudOptions): Promise<OpenedCloud> {
  const { directory, settings } = options;
  const file = join(directory, DESCRIPTION_FILE);
  mkdirSync(directory, { recursive: true });
  await createMirror(join(directory, 'mirror'));
  const cloud = new SimulatedCloud({ directory, ...(settings === undefined ? {} : { settings }) });
  const socket = socketIn(directory);
  const earlier = descriptionIn(file);
  const own = await serveCloud(cloud, socket);
  const ec2 = await endpointOf(cloud, options.ec2Port, earlier);
  const env = { [SOCKET_VARIABLE]: socket, ...ec2.env };
  write(file, {
    version: 1,
    // A cloud that is opened again on its ledger is the same.
    id: earlier?.id ?? randomUUID(),
    providerMirror: 'mirror',
    ...simulatedTypes,
    env: { ...env, ...NOWHERE_ELSE, AWS_ENDPOINT_URL: ec2.env['AWS_ENDPOINT_URL_EC2'] ?? '', ...options.env },
  });
  return {
    cloud,
    socket,
    env,
    close: async () => void (await Promise.all([own, ec2.server].map(closed))),
  };
}

/** No way to other credentials: neither files nor the service of a machine that runs in the real cloud. */
const NOWHERE_ELSE = {
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

async function endpointOf(
  cloud: SimulatedCloud,
  port: number | undefined,
  earlier: SimulatedCloudFile | undefined,
): Promise<Ec2Endpoint> {
  if (port !== undefined) return serveEc2(cloud, port);
  const last = earlier?.env['AWS_ENDPOINT_URL_EC2'];
  // Somebody else may have it by now.
  return serveEc2(cloud, last === undefined ? 0 : Number(new URL(last).port)).catch(() => serveEc2(cloud));
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await end;
}

/** Where the cloud of this directory listens, if one runs there. */
export async function findCloud(directory: string): Promise<string | undefined> {
  const socket = socketIn(directory);
  if (!existsSync(join(directory, DESCRIPTION_FILE))) return undefined;
  return askCloud(socket, 'GET', '/cost').then(
    () => socket,
    () => undefined,
  );
}

function socketIn(directory: string): string {
  const near = join(directory, 's');
  if (Buffer.byteLength(near) <= LONGEST_SOCKET) return near;
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(tmpdir(), `ny-cloud-${hash}`);
}

function descriptionIn(file: string): SimulatedCloudFile | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SimulatedCloudFile) : undefined;
}

/** In one step, for whoever reads it meanwhile. */
function write(file: string, description: SimulatedCloudFile): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(description, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
