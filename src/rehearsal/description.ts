/**
 * What a simulated cloud says of itself: one file in the directory that the setting `simulatedCloud` names. It says where
 * the simulated providers are installed from, which types they know, and what they and a cloud’s SDK find in their
 * environment. Whatever writes such a file can be rehearsed in.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { NodeyardError } from '../errors.js';

export const DESCRIPTION_FILE = 'simulated-cloud.json';

const description = z.strictObject({
  version: z.literal(1),
  /** Of this very cloud: another one knows nothing of the nodes that live in it. */
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  /** A mirror that has every provider of a rehearsal; relative to the directory. */
  providerMirror: z.string().min(1),
  /** Types of resources that its providers know: `aws_instance`. */
  resources: z.array(z.string()),
  dataSources: z.array(z.string()),
  /** What providers and SDKs get in place of a real cloud’s variables. */
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()),
});

/** As it is written to the file. */
export type SimulatedCloudFile = z.input<typeof description>;

export interface SimulatedCloud extends Omit<SimulatedCloudFile, 'version'> {
  /** Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly providerMirror: string;
}

/** `directory` is absolute. Throws CONFIG_INVALID. */
export function readSimulatedCloud(directory: string): SimulatedCloud {
  const file = join(directory, DESCRIPTION_FILE);
  const { version: _, ...said } = parse(file, read(file));
  const mirror = said.providerMirror;
  return { ...said, directory, providerMirror: isAbsolute(mirror) ? mirror : resolve(directory, mirror) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

function parse(file: string, text: string): z.output<typeof description> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${file} is not JSON`, error);
  }
  const result = description.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw invalid(`${file} describes no simulated cloud: ${problems.join('; ')}`, result.error);
}

const invalid = (what: string, cause: unknown): NodeyardError =>
  new NodeyardError(
    'CONFIG_INVALID',
    `simulatedCloud: ${what}. Name the directory of a simulated cloud; \`npm run rehearse -- --serve\` makes one.`,
    { field: 'simulatedCloud', cause },
  );
