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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESCRIPTION_FILE, type SimulatedCloudFile } from '../../src/rehearsal/description.js';
import { SOCKET_VARIABLE } from './api.js';
import { askCloud } from './client.js';
import { SimulatedCloud } from './cloud/cloud.js';
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
}

export interface OpenedCloud {
  readonly cloud: SimulatedCloud;
  readonly socket: string;
  close(): Promise<void>;
}

/** Addresses of unix sockets hold 104 bytes on macOS, with the zero at the end. */
const LONGEST_SOCKET = 103;

export async function openCloud({ directory, settings, env = {} }: OpenCloudOptions): Promise<OpenedCloud> {
  mkdirSync(directory, { recursive: true });
  await createMirror(join(directory, 'mirror'));
  const cloud = new SimulatedCloud({ directory, ...(settings === undefined ? {} : { settings }) });
  const socket = socketIn(directory);
  const server = await serveCloud(cloud, socket);
  describe(directory, { ...environmentOf(socket), ...env });
  return {
    cloud,
    socket,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
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

function describe(directory: string, env: Readonly<Record<string, string>>): void {
  const file = join(directory, DESCRIPTION_FILE);
  const description: SimulatedCloudFile = {
    version: 1,
    id: idIn(file) ?? randomUUID(),
    providerMirror: 'mirror',
    ...simulatedTypes,
    env: { ...env },
  };
  writeFileSync(`${file}.new`, `${JSON.stringify(description, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** A cloud that is opened again on its ledger is the same. */
function idIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as SimulatedCloudFile).id;
}

/** Credentials that are none, and no way to others: neither files nor the service of a machine that runs in the real cloud. */
const environmentOf = (socket: string): Record<string, string> => ({
  [SOCKET_VARIABLE]: socket,
  AWS_ACCESS_KEY_ID: 'AKIAREHEARSAL0000000',
  AWS_SECRET_ACCESS_KEY: 'no-secret-of-any-account',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});
