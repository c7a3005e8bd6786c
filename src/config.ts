/**
 * The configuration: what the user wrote (file and environment), with defaults, compiled and frozen. Inner code sees only
 * the compiled one. Nothing here reads the process: environment and directory are arguments.
 */
import { delimiter, join, resolve } from 'node:path';
import type { z } from 'zod';
import { compile } from './config/compile.js';
import { configError, didYouMean, type Problem } from './config/problems.js';
import { settingsSchema } from './config/schema.js';
import {
  type ConfigSources,
  directoryOf,
  type Environment,
  nameOf,
  readSources,
  type Written,
} from './config/sources.js';
import { SETTINGS } from './config/variables.js';
import { secretsOf } from './log.js';

/** Durations are milliseconds (`…Ms`), sizes bytes, paths absolute; deeply frozen. */
export type Config = ReturnType<typeof compile> & {
  /** The configuration file that was read. */
  readonly file?: string;
};

/** Throws CONFIG_INVALID with every problem at once, each with the name as it was written and the mend. */
export function loadConfig(sources: ConfigSources): Config {
  const written = readSources(sources);
  const result = settingsSchema.safeParse(written.values);
  const problems = [
    ...written.problems,
    ...(result.error?.issues ?? []).flatMap((issue) => explain(issue, written)),
  ];
  if (!result.success || problems.length > 0) throw configError(problems);
  const config = compile(result.data, (setting, path) =>
    resolve(directoryOf(written, setting, sources.cwd), path),
  );
  return Object.freeze({ ...config, ...(written.file === undefined ? {} : { file: written.file.path }) });
}

function explain(issue: z.core.$ZodIssue, written: Written): Problem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = SETTINGS.flatMap(({ path }) => path.map((_, index) => path.slice(0, index + 1).join('.')));
    return issue.keys.map((key) => {
      const name = [...issue.path, key].join('.');
      return {
        name: nameOf(written, name),
        message: `is no setting${didYouMean(name, known)}: correct or remove it`,
      };
    });
  }
  const value = valueAt(written.values, issue.path);
  // The whole file is never shown: its secrets are in it.
  const secret =
    path === '' || SETTINGS.some((setting) => setting.secret === true && setting.path.join('.') === path);
  const name = nameOf(written, path);
  return [
    secret || value === undefined
      ? { name, message: issue.message }
      : { name, value, message: issue.message },
  ];
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    values,
  );
}

/** The PATH on which nodeyard looks for programs: what set-up put into the data directory, then the environment’s. */
export function searchPath({ dataDir }: Pick<Config, 'dataDir'>, env: Environment): string {
  return [join(dataDir, 'bin'), env['PATH'] ?? ''].filter((part) => part !== '').join(delimiter);
}

/** Values of the configuration that must never be printed, for the log’s redactor. */
export function secretsOfConfig({
  stateKeys,
  api,
  redisUrl,
}: Pick<Config, 'stateKeys' | 'api' | 'redisUrl'>): string[] {
  return [...stateKeys, ...api.nodeTokenKeys, ...secretsOf({ REDIS_URL: redisUrl })];
}
