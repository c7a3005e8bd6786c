/** What a rehearsal shall be, read from its options and checked before anything is started. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readCount, readDuration, readPairs, readTimeout } from '../../../src/cli/arguments.js';
import type { Call } from '../../../src/cli/call.js';
import { CommandError, usageError } from '../../../src/cli/failure.js';
import { applyInputs, readInputsFile } from '../../../src/cli/stack-inputs.js';
import { NodeyardError } from '../../../src/errors.js';
import type { NodeRequest } from '../../../src/node/request.js';
import { parseInputs } from '../../../src/synth/inputs.js';
import { synthesize } from '../../../src/synth/synthesize.js';
import { loadCatalog } from '../../../stacks/catalog.js';
import type { NodeStack } from '../../../stacks/define.js';
import { rehearsedCatalog } from '../../../stacks/rehearsed.js';
import { type FaultPlanInput, faultPlan } from '../cloud/faults.js';
import { type CloudSettingsInput, cloudSettings } from '../cloud/settings.js';
import { simulatedTypes } from '../open.js';
import { isPlanName, type NamedPlan, PLAN_NAMES, PLANS } from '../plans.js';
import { type RehearsalSettings, rehearsalConfig } from './settings.js';

export interface RehearseOptions {
  readonly stack: string;
  readonly stackModule?: readonly string[];
  readonly input?: readonly string[];
  readonly inputsFile?: string;
  readonly nodes: string;
  readonly faults?: string;
  readonly seed: string;
  readonly mayFail?: boolean;
  readonly timeout: string;
  readonly settle: string;
  readonly realWaits?: boolean;
  readonly cloud?: string;
  readonly cloudSettings?: string;
  readonly directory?: string;
  readonly keep?: boolean;
  readonly serve?: boolean;
}

export interface Wish {
  readonly stack: string;
  readonly inputs: NonNullable<NodeRequest['inputs']>;
  readonly nodes: number;
  readonly plan: FaultPlanInput;
  readonly seed: string;
  readonly mayFail: boolean;
  readonly timeoutMs: number;
  readonly settleMs: number;
  /** Of the user’s stacks; absolute or names of packages. */
  readonly settings: RehearsalSettings;
  readonly cloudSettings: CloudSettingsInput;
  /** Absolute. */
  readonly cloud: string | undefined;
  readonly directory: string | undefined;
  readonly keep: boolean;
  readonly serve: boolean;
}

const MOST = 1_000;

/** What `aws-node` needs at least, of what the simulated cloud has; what is given lies over it. */
const EXAMPLE = {
  region: 'eu-central-1',
  ami: 'ami-0a11ce0000000002a',
  instanceType: 't4g.small',
  securityGroup: { ingress: [{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' }] },
};

/** Throws INVALID_INPUT, UNKNOWN_STACK, CONFIGURATION, CONFIG_INVALID. */
export async function readWish(call: Call, options: RehearseOptions): Promise<Wish> {
  const { cwd } = call.io;
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path));
  const settings: RehearsalSettings = {
    realWaits: options.realWaits === true,
    stacks: (options.stackModule ?? []).map((module) => resolve(cwd, module)),
  };
  const faults = await readPlan(options.faults, cwd);
  return {
    stack: options.stack,
    inputs: options.serve === true ? {} : await readInputs(call, options, settings),
    nodes: readCount('--nodes', options.nodes, { min: 1, max: MOST }),
    plan: faults.plan,
    seed: options.seed,
    mayFail: options.mayFail === true || faults.failsCreates === true,
    timeoutMs: (await readTimeout(options.timeout)) ?? 0,
    settleMs: await readDuration('--settle', options.settle),
    settings,
    cloudSettings: await readSettings(options.cloudSettings, cwd),
    cloud: absolute(options.cloud),
    directory: absolute(options.directory),
    keep: options.keep === true,
    serve: options.serve === true,
  };
}

/** Also synthesizes a node, so that what the simulated cloud does not have is told at once. */
async function readInputs(
  call: Call,
  { stack: name, input, inputsFile }: RehearseOptions,
  settings: RehearsalSettings,
): Promise<NonNullable<NodeRequest['inputs']>> {
  const config = rehearsalConfig(call, settings, { dataDir: '.', cloud: '.' });
  const catalog = rehearsedCatalog(await loadCatalog(config.stacks), simulatedTypes);
  const stack = catalog.get(name);
  const schema = catalog.list().find((each) => each.name === name)?.inputs ?? {};
  const example = name === 'aws-node' && inputsFile === undefined ? EXAMPLE : {};
  const base = inputsFile === undefined ? example : await readInputsFile(inputsFile, call.io);
  const inputs = applyInputs(base, readPairs('--input', input), schema);
  parseInputs(stack, inputs);
  refuseUnsimulated(stack, inputs);
  return inputs as NonNullable<NodeRequest['inputs']>;
}

/** Nothing has been started yet, so this is no failure of a rehearsal but a wrong wish. */
function refuseUnsimulated(stack: NodeStack, inputs: unknown): void {
  const node = {
    fleet: 'rehearsal',
    nodeId: 'node',
    group: 'rehearsal',
    role: 'node',
    tags: {},
    localDir: '/nodes/node',
  };
  try {
    synthesize(stack, [{ ...node, inputs }]);
  } catch (error) {
    if (!(error instanceof NodeyardError) || error.code !== 'CONFIGURATION') throw error;
    throw new CommandError(error.code, error.message, { field: '--stack', cause: error });
  }
}

async function readPlan(
  name: string | undefined,
  cwd: string,
): Promise<Pick<NamedPlan, 'plan' | 'failsCreates'>> {
  if (name === undefined) return { plan: [] };
  if (isPlanName(name)) return PLANS[name];
  // What looks like a name and no file was meant as a name.
  if (/^[\w-]+$/.test(name)) {
    throw usageError(
      `--faults is ${JSON.stringify(name)}: must be a JSON file or one of ${PLAN_NAMES.join(', ')}`,
      '--faults',
    );
  }
  return { plan: checked('--faults', name, faultPlan, await readJson('--faults', name, cwd)) };
}

async function readSettings(file: string | undefined, cwd: string): Promise<CloudSettingsInput> {
  if (file === undefined) return {};
  return checked('--cloud-settings', file, cloudSettings, await readJson('--cloud-settings', file, cwd));
}

async function readJson(option: string, file: string, cwd: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw usageError(`${option} ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`, option);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${option} ${file}: is not JSON: ${(error as Error).message}`, option);
  }
}

function checked<T extends z.ZodType>(option: string, file: string, schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw usageError(`${option} ${file}: ${z.prettifyError(result.error).replaceAll('\n', ' ')}`, option);
}
