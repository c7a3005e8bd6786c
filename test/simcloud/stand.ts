/** A directory in which real Terraform, with the simulated provider, works on a node of `aws-node`. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { mirrorCliConfig } from '../../src/terraform/cli-config.js';
import { type Diagnostic, parseMessage, type TerraformMessage } from '../../src/terraform/messages.js';
import { awsNode } from '../../stacks/aws-node.js';
import { processesOf } from '../support/yard.js';
import type { CloudSettingsInput } from './cloud/settings.js';
import { type StartedCloud, startCloud } from './start.js';

export const NODE = 'Node-1';
export const MINIMAL = { region: 'eu-central-1', ami: 'ami-0123456789abcdef0', instanceType: 'm7g.large' };

export interface Outcome {
  readonly exitCode: number | undefined;
  readonly messages: readonly TerraformMessage[];
  /** Errors only. */
  readonly errors: readonly Diagnostic[];
}

interface StateResource {
  readonly type: string;
  readonly instances: readonly {
    readonly status?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

type Configuration = { resource: Record<string, Record<string, Record<string, unknown>>> };

export class Stand {
  readonly started: StartedCloud;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(directory: string, started: StartedCloud, env: Readonly<Record<string, string>>) {
    this.#directory = directory;
    this.started = started;
    this.#env = env;
  }

  /** Initialized: `terraform init` has installed the provider from the mirror. */
  static async open(mirror: string, settings: CloudSettingsInput = {}): Promise<Stand> {
    const directory = mkdtempSync(join(tmpdir(), 'ny-stand-'));
    mkdirSync(join(directory, 'work'));
    const cliConfig = join(directory, 'terraform.rc');
    writeFileSync(cliConfig, mirrorCliConfig({ from: mirror }));
    const started = await startCloud(settings);
    const stand = new Stand(directory, started, {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      TF_CLI_CONFIG_FILE: cliConfig,
      // Absolute, as nodeyard has it: it stands in the command line of the providers.
      TF_DATA_DIR: join(directory, 'data'),
      ...started.env,
    });
    stand.configure();
    const { exitCode } = await stand.terraform('init');
    expect(exitCode, 'terraform init').toBe(0);
    return stand;
  }

  get lockFile(): string {
    return readFileSync(join(this.#directory, 'work', '.terraform.lock.hcl'), 'utf8');
  }

  /** Writes the configuration of the node; `change` may spoil it. */
  configure(inputs: object = {}, change: (configuration: Configuration) => void = () => undefined): void {
    const member = {
      fleet: 'stand',
      nodeId: NODE,
      group: 'edge',
      role: 'relay',
      tags: {},
      localDir: '/nodes/Node-1',
    };
    const { configuration } = synthesize(awsNode, [{ ...member, inputs: { ...MINIMAL, ...inputs } }]);
    const parsed = JSON.parse(configuration) as Configuration;
    change(parsed);
    writeFileSync(join(this.#directory, 'work', 'cdk.tf.json'), JSON.stringify(parsed));
  }

  start(...args: readonly string[]) {
    return execa('terraform', args, {
      cwd: join(this.#directory, 'work'),
      env: this.#env,
      extendEnv: false,
      reject: false,
      lines: true,
      all: true,
      forceKillAfterDelay: false,
    });
  }

  async terraform(command: string, ...args: readonly string[]): Promise<Outcome> {
    const approve = ['apply', 'destroy'].includes(command) ? ['-auto-approve'] : [];
    const { exitCode, all } = await this.start(command, '-json', ...approve, ...args);
    const messages = all.map((line) => parseMessage(line));
    return { exitCode, messages, errors: errorsIn(messages) };
  }

  /** Applies, and fails the test when that fails. */
  async applied(): Promise<void> {
    const { exitCode, errors } = await this.terraform('apply');
    expect(errors).toEqual([]);
    expect(exitCode).toBe(0);
  }

  /** Destroys, and asserts that the cloud is empty then. */
  async destroyed(): Promise<void> {
    const { exitCode, errors } = await this.terraform('destroy');
    expect(errors).toEqual([]);
    expect(exitCode).toBe(0);
    expect(this.started.cloud.resources()).toEqual([]);
  }

  /** What Terraform plans: `update aws_eip`, in no particular order. */
  async planned(): Promise<string[]> {
    const { messages, errors } = await this.terraform('plan');
    expect(errors).toEqual([]);
    return messages
      .flatMap((message) => (message.type === 'planned_change' ? [message.change] : []))
      .map(({ action, resource }) => `${action} ${resource.type}`)
      .sort();
  }

  /** What the state holds: type and whether it is tainted. */
  state(): {
    readonly type: string;
    readonly tainted: boolean;
    readonly attributes: Record<string, unknown>;
  }[] {
    const file = join(this.#directory, 'work', 'terraform.tfstate');
    if (!existsSync(file)) return [];
    const { resources } = JSON.parse(readFileSync(file, 'utf8')) as { resources: StateResource[] };
    return resources.flatMap(({ type, instances }) =>
      instances.map(({ status, attributes }) => ({ type, tainted: status === 'tainted', attributes })),
    );
  }

  /** Pids of the providers that were installed here. */
  providers(): number[] {
    return processesOf(join(this.#directory, 'data'));
  }

  /** Asserts that no provider lives on. */
  async close(): Promise<void> {
    try {
      await expect.poll(() => this.providers(), { timeout: 5_000 }).toEqual([]);
    } finally {
      for (const pid of this.providers()) process.kill(pid, 'SIGKILL');
      await this.started.stop();
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }
}

const errorsIn = (messages: readonly TerraformMessage[]): Diagnostic[] =>
  messages.flatMap((message) =>
    message.type === 'diagnostic' && message.diagnostic.severity === 'error' ? [message.diagnostic] : [],
  );
