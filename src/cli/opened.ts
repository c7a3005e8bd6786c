/** From a call to the parts behind it: its configuration, an app on the configured Redis, and the end of both. */
import type { App } from '../app.js';
import type { Config } from '../config.js';
import { NodeyardError } from '../errors.js';
import type { Log } from '../log.js';
import type { Temper } from '../queue/connections.js';
import type { Call, GlobalOptions } from './call.js';
import type { ExitName } from './exit-status.js';
import type { Fleet } from './fleet/fleet.js';
import { inTermsOfCall, type Place, refuseRemote, remotePlace } from './fleet/place.js';
import { printable } from './printable.js';

/** Options that stand for a variable, so that every setting is validated in one place. */
const VARIABLES: Readonly<Record<'dataDir' | 'redis' | 'logLevel', { variable: string; option: string }>> = {
  dataDir: { variable: 'NODEYARD_DATA_DIR', option: '--data-dir' },
  redis: { variable: 'REDIS_URL', option: '--redis' },
  logLevel: { variable: 'NODEYARD_LOG_LEVEL', option: '--log-level' },
};

type Environment = Call['io']['env'];

/** The environment with the global options laid over it. */
export function environmentOf({ io, options }: Pick<Call, 'io' | 'options'>): Environment {
  const given = written(options).map(({ variable, value }) => [variable, value] as const);
  return { ...io.env, ...Object.fromEntries(given) };
}

/** Reads the configuration. Throws CONFIG_INVALID, which names an option where one was the source. */
export async function configOf(call: Pick<Call, 'io' | 'options'>): Promise<Config> {
  const { loadConfig } = await import('../config.js');
  const { config: file } = call.options;
  try {
    return loadConfig({
      env: environmentOf(call),
      cwd: call.io.cwd,
      ...(file === undefined ? {} : { file }),
    });
  } catch (error) {
    if (!(error instanceof NodeyardError)) throw error;
    const named = (text: string): string =>
      written(call.options).reduce((rest, { variable, option }) => rest.replaceAll(variable, option), text);
    const field = error.field === undefined ? {} : { field: named(error.field) };
    throw new NodeyardError(error.code, named(error.message), { cause: error, ...field });
  }
}

export interface OpenOptions {
  /** `hasty` where absent. */
  readonly temper?: Temper;
  readonly log?: Log;
}

/**
 * Opens the fleet that the call means, on Redis or behind an API, works with it and closes it. Throws CONFIG_INVALID, INVALID_INPUT
 * (where the API is), REDIS_UNAVAILABLE and what `work` throws.
 */
export async function withFleet(call: Call, work: (fleet: Fleet) => Promise<ExitName>): Promise<ExitName> {
  const place = remotePlace(call);
  if (place === undefined) {
    return withApp(call, async (app) => {
      const { localFleet } = await import('./fleet/local-fleet.js');
      return work(localFleet(app));
    });
  }
  const fleet = await openRemote(call, place);
  try {
    return await work(fleet);
  } finally {
    await fleet.close();
  }
}

async function openRemote(call: Call, place: Place): Promise<Fleet> {
  const { remoteFleet } = await import('./fleet/remote-fleet.js');
  try {
    return remoteFleet(place);
  } catch (error) {
    throw inTermsOfCall(call, error);
  }
}

/** Opens the app, works with it and closes it. Throws CONFIG_INVALID, REDIS_UNAVAILABLE and what `work` throws. */
export async function withApp(
  call: Call,
  work: (app: App) => Promise<ExitName>,
  { temper = 'hasty', log }: OpenOptions = {},
): Promise<ExitName> {
  refuseRemote(call, HERE);
  const config = await configOf(call);
  const app = await open(call, config, temper, log ?? (await commandLog(call, config)));
  if (app.rehearsal !== undefined) call.output.note(rehearsalRemark(call, app.rehearsal.directory));
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

const HERE = 'Run it where Redis can be reached, without --api and NODEYARD_API_URL.';

/** Said by every command: nobody shall take what it shows for machines, nor real machines for a game. */
export const rehearsalRemark = ({ output }: Pick<Call, 'output'>, directory: string): string =>
  output.paintNote('yellow', `REHEARSAL: no real cloud, all nodes live in ${printable(directory)}`);

/** The same for programs: part of what says that a worker is ready. */
export const rehearsalOf = ({ rehearsal }: Pick<App, 'rehearsal'>): { readonly simulatedCloud?: string } =>
  rehearsal === undefined ? {} : { simulatedCloud: rehearsal.directory };

async function open(call: Call, config: Config, temper: Temper, log: Log): Promise<App> {
  const { openApp } = await import('../app.js');
  const options = { config, env: environmentOf(call), log };
  // A patient app waits for Redis without end; a person who has just typed the command wants to know.
  if (temper === 'patient' && config.redisUrl !== undefined) {
    await (await openApp({ ...options, temper: 'hasty' })).close();
  }
  return openApp({ ...options, temper });
}

/** A command speaks for itself: its log is heard only where somebody asked for it. */
async function commandLog(call: Call, config: Config): Promise<Log> {
  const { silentLog } = await import('../log.js');
  return isLogAskedFor(call) ? logOf(call, config, config.log.level) : silentLog;
}

/** The log of a worker. A quiet one, whose events are shown to a person, only warns unless asked for more. */
export function workerLog(call: Call, config: Config, { quiet }: { readonly quiet: boolean }): Promise<Log> {
  const shown = quiet && call.output.live && !isLogAskedFor(call);
  return logOf(call, config, shown ? 'warn' : config.log.level);
}

function isLogAskedFor(call: Call): boolean {
  const level = environmentOf(call)['NODEYARD_LOG_LEVEL'];
  return level !== undefined && level.trim() !== '';
}

async function logOf(call: Call, config: Config, level: string): Promise<Log> {
  const { createLog, createRedactor, secretsOf } = await import('../log.js');
  const { secretsOfConfig } = await import('../config.js');
  const redact = createRedactor([...secretsOf(environmentOf(call)), ...secretsOfConfig(config)]);
  return createLog({ level, redact, destination: call.io.stderr });
}

function written(options: GlobalOptions): { variable: string; option: string; value: string }[] {
  return (['dataDir', 'redis', 'logLevel'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [{ ...VARIABLES[name], value }];
  });
}
