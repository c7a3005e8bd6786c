/** What a rehearsal plays on: a directory, a simulated cloud, a Redis and a worker. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, openApp } from '../../../src/app.js';
import type { Call } from '../../../src/cli/call.js';
import { environmentOf, rehearsalRemark } from '../../../src/cli/opened.js';
import { stopGracefully } from '../../../src/cli/serve.js';
import { createLog, createRedactor, type Log, secretsOf, silentLog } from '../../../src/log.js';
import { type StartedWorker, startWorker } from '../../../workers/worker.js';
import { askCloud } from '../client.js';
import { findCloud, openCloud } from '../open.js';
import { rehearsalConfig, sdkPatience } from './settings.js';
import type { Wish } from './wish.js';

/** Asks the cloud; see cloud/server.ts. */
export type AskCloud = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

export interface Stage {
  readonly directory: string;
  /** Of the cloud: its own directory, and where it listens. */
  readonly cloudDirectory: string;
  readonly socket: string;
  readonly cloud: AskCloud;
  readonly app: App;
  readonly worker: StartedWorker;
  inject(faults: Pick<Wish, 'plan' | 'seed'>): Promise<void>;
  /** Ends the worker gracefully, then the rest. Without `keep` a temporary directory is removed. */
  close(how: { readonly keep: boolean }): Promise<void>;
}

export async function openStage(call: Call, wish: Wish): Promise<Stage> {
  const directory = wish.directory ?? mkdtempSync(join(tmpdir(), 'ny-rehearse-'));
  mkdirSync(directory, { recursive: true });
  const cloudDirectory = wish.cloud ?? join(directory, 'cloud');
  const ends: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  call.io.interrupts.holdExit();
  try {
    const socket = await cloudAt(cloudDirectory, call, wish, ends);
    const ask: AskCloud = (method, path, body) => askCloud(socket, method, path, body);
    const places = { dataDir: join(directory, 'data'), cloud: cloudDirectory };
    const config = rehearsalConfig(call, wish.settings, places);
    const env = environmentOf(call);
    const app = await openApp({ config, env, temper: 'patient', log: logOf(call, config.log.level) });
    ends.push(() => app.close());
    call.output.note(rehearsalRemark(call, cloudDirectory));
    const worker = await startWorker(app);
    ends.push(() => stopGracefully(call, app, worker));
    // A cloud that somebody else runs goes on without our faults.
    ends.push(async () => void (await ask('POST', '/faults', { plan: [] })));
    return {
      directory,
      cloudDirectory,
      socket,
      cloud: ask,
      app,
      worker,
      inject: async (faults) => void (await ask('POST', '/faults', faults)),
      async close({ keep }) {
        await closeAll();
        if (wish.directory === undefined && !keep) rmSync(directory, { recursive: true, force: true });
        else call.output.note(`kept: ${directory} (the ledger is ${cloudDirectory}/ledger.jsonl)`);
      },
    };
  } catch (error) {
    await closeAll();
    if (wish.directory === undefined) rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Where the cloud of that directory listens: one that runs, or a new one that ends with us. */
async function cloudAt(
  directory: string,
  call: Call,
  wish: Wish,
  ends: (() => Promise<void>)[],
): Promise<string> {
  const running = await findCloud(directory);
  if (running !== undefined) return running;
  const settings = wish.cloudSettings;
  const opened = await openCloud({ directory, settings, env: sdkPatience(call, wish.settings) });
  ends.push(() => opened.close());
  return opened.socket;
}

/** Heard only where somebody asked for it, as that of every command. */
function logOf(call: Call, level: string): Log {
  const env = environmentOf(call);
  if ((env['NODEYARD_LOG_LEVEL'] ?? '').trim() === '') return silentLog;
  return createLog({ level, redact: createRedactor(secretsOf(env)), destination: call.io.stderr });
}
