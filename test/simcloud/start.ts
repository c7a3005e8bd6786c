/** A simulated cloud for a test: in the test’s own process, its ledger in a directory of its own. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOCKET_VARIABLE } from './api.js';
import { SimulatedCloud } from './cloud/cloud.js';
import { serveCloud } from './cloud/server.js';
import type { CloudSettingsInput } from './cloud/settings.js';

export interface StartedCloud {
  readonly cloud: SimulatedCloud;
  readonly socket: string;
  /** What a provider needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startCloud(settings: CloudSettingsInput = {}): Promise<StartedCloud> {
  // Short: a unix socket’s path may have 104 bytes.
  const directory = mkdtempSync(join(tmpdir(), 'ny-cloud-'));
  const cloud = new SimulatedCloud({ directory, settings });
  const socket = join(directory, 's');
  const server = await serveCloud(cloud, socket);
  return {
    cloud,
    socket,
    env: { [SOCKET_VARIABLE]: socket },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
