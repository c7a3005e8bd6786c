/** Where settings come from: the file, overlaid by the environment. Each value remembers who wrote it. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { didYouMean, type Problem } from './problems.js';
import { OTHER_VARIABLES, SETTINGS } from './variables.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSources {
  readonly env: Environment;
  readonly cwd: string;
  /** A file that must exist (`--config`); before NODEYARD_CONFIG, which is before `nodeyard.json` in `cwd`. */
  readonly file?: string;
}

/** The file’s object and the variables’ values in one, not yet checked. */
export interface Written {
  readonly values: unknown;
  /** The configuration file that was read: its absolute path, and its name as it was given. */
  readonly file?: { readonly path: string; readonly name: string };
  /** The variable that wrote the setting of a path (`terraform.grace`), when one did. */
  readonly variables: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

const DEFAULT_FILE = 'nodeyard.json';

export function readSources({ env, cwd, file }: ConfigSources): Written {
  const problems: Problem[] = [];
  const named = file ?? filled(env['NODEYARD_CONFIG']);
  const name = named ?? DEFAULT_FILE;
  const path = resolve(cwd, name);
  const content = readFile({ path, name }, named !== undefined, problems);
  const variables = new Map<string, string>();
  const values = content === undefined ? {} : structuredClone(content);
  for (const { path: keys, variable } of SETTINGS) {
    const value = filled(env[variable]);
    if (value === undefined) continue;
    variables.set(keys.join('.'), variable);
    overlay(values, keys, value);
  }
  problems.push(...unknownVariables(env));
  return { values, variables, problems, ...(content === undefined ? {} : { file: { path, name } }) };
}

const filled = (value: string | undefined): string | undefined => (value?.trim() === '' ? undefined : value);

function readFile(
  { path, name }: { path: string; name: string },
  mustExist: boolean,
  problems: Problem[],
): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' || mustExist) {
      problems.push({
        name,
        message: `cannot be read (${code}): name a file that exists and is readable`,
      });
    }
    return undefined;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The parser’s message quotes the text, which may hold a secret; only where it stopped is told.
    const place = /position \d+( \(line \d+ column \d+\))?/.exec(String(error))?.[0] ?? 'its end';
    problems.push({ name, message: `is not JSON: mend it near ${place}` });
    return undefined;
  }
}

/** Sets one value; where the file wrote something else than a section, that is kept and reported by the schema. */
function overlay(target: unknown, path: readonly string[], value: string): void {
  const [key, ...rest] = path;
  if (!isSection(target) || key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  target[key] ??= {};
  overlay(target[key], rest, value);
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function unknownVariables(env: Environment): Problem[] {
  const known = [...SETTINGS.map(({ variable }) => variable), ...Object.keys(OTHER_VARIABLES)];
  return Object.keys(env)
    .filter(
      (name) => name.startsWith('NODEYARD_') && !known.includes(name) && filled(env[name]) !== undefined,
    )
    .map((name) => ({ name, message: `is no setting${didYouMean(name, known)}: correct or unset it` }));
}

/** The setting as the user wrote it. */
export function nameOf(written: Written, path: string): string {
  const variable = written.variables.get(path);
  if (variable !== undefined) return variable;
  return [written.file?.name, path].filter((part) => part !== undefined && part !== '').join(': ');
}

/** The directory that a relative path of this setting starts from. */
export function directoryOf(written: Written, path: string, cwd: string): string {
  return written.file === undefined || written.variables.has(path) ? cwd : dirname(written.file.path);
}
