/** A simulated cloud for a test: in the test’s own process, its ledger in a directory of its own. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOCKET_VARIABLE } from './api.js';
import { SimulatedCloud } from './cloud/cloud.js';
import { serveEc2 } from './cloud/ec2-query/server.js';
import { serveCloud } from './cloud/server.js';
import type { CloudSettingsInput } from './cloud/settings.js';

export interface StartedCloud {
  readonly cloud: SimulatedCloud;
  readonly socket: string;
  /** What a provider needs to find it, and an SDK. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startCloud(settings: CloudSettingsInput = {}): Promise<StartedCloud> {
  // Short: a unix socket’s path may have 104 bytes.
  const directory = mkdtempSync(join(tmpdir(), 'ny-cloud-'));
  const cloud = new SimulatedCloud({ directory, settings });
  const socket = join(directory, 's');
  const own = await serveCloud(cloud, socket);
  const ec2 = await serveEc2(cloud);
  return {
    cloud,
    socket,
    env: { [SOCKET_VARIABLE]: socket, ...ec2.env },
    async stop() {
      await Promise.all([own, ec2.server].map(closed));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await end;
}
