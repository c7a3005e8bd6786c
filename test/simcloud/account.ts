/** An account in a simulated cloud, and the nodeyards that work in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRunProcesses, killRunProcesses } from '../../src/terraform/processes.js';
import { Yard } from '../support/yard.js';

import type { LedgerEntry } from './cloud/ledger.js';
import type { CloudRecord } from './cloud/records.js';
import type { CloudSettingsInput } from './cloud/settings.js';
import { MINIMAL } from './stand.js';
import { type StartedCloud, startCloud } from './start.js';

/** The calls of the provider’s SDK are made again so often; what lasts longer reaches nodeyard. */
export const SDK_RETRIES = 3;

export class Account {
  readonly started: StartedCloud;
  readonly #mirror: string;

  private constructor(started: StartedCloud, mirror: string) {
    this.started = started;
    this.#mirror = mirror;
  }

  /** `mirror` has the provider. */
  static async open(mirror: string, settings: CloudSettingsInput = {}): Promise<Account> {
    return new Account(await startCloud(settings), mirror);
  }

  /** Another fleet in this account. */
  yard(settings: Readonly<Record<string, string>> = {}): Promise<Yard> {
    return Yard.open({
      ...this.started.env,
      SIMCLOUD_RETRIES: String(SDK_RETRIES),
      SIMCLOUD_PATIENCE_MS: '2000',
      NODEYARD_TERRAFORM_PROVIDER_MIRROR: this.#mirror,
      NODEYARD_TERRAFORM_PASS_ENV: 'SIMCLOUD_*',
      NODEYARD_FLEET_INVENTORY_SETTLE: '0s',
      ...settings,
    });
  }

  /** What exists of a node. */
  of(nodeId: string, kind?: CloudRecord['kind']): CloudRecord[] {
    const own = this.started.cloud.resources().filter(({ tags }) => tags['nodeyard:node-id'] === nodeId);
    return kind === undefined ? own : own.filter((record) => record.kind === kind);
  }

  callsOf(nodeId: string, call: string): LedgerEntry[] {
    return this.started.cloud.calls(call).filter(({ node }) => node === nodeId);
  }

  close(): Promise<void> {
    return this.started.stop();
  }
}

export async function requestNode(yard: Yard, inputs: object = {}): Promise<string> {
  const request = {
    group: 'edge',
    role: 'relay',
    stack: 'aws-node',
    inputs: { ...MINIMAL, ...inputs },
  };
  return (await yard.app.client.requestNode(request)).node.id;
}

/** Kills Terraform and its providers in every run directory of a yard, hard. Answers how many processes there were. */
export async function killRuns({ dataDir }: Yard): Promise<number> {
  let killed = 0;
  for (const name of readdirSync(join(dataDir, 'runs'))) {
    const text = readFileSync(join(dataDir, 'runs', name, 'run.json'), 'utf8');
    const { runId } = JSON.parse(text) as { readonly runId: string };
    killed += (await findRunProcesses(runId)).length;
    await killRunProcesses(runId);
  }
  return killed;
}
