/** Inputs of a stack as they are typed: `--input key=value` laid over the object of `--inputs`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from './failure.js';
import type { Io } from './io.js';

type JsonObject = Record<string, unknown>;
/** As `stacks` shows it; only what decides about the reading of a value is looked at. */
export type InputSchema = Readonly<Record<string, unknown>>;

/** More than any inputs may be; what is larger is refused before it is read as a whole. */
const LARGEST_BYTES = 1024 * 1024;
const WORD = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The object in a file, or from standard input for `-`. */
export async function readInputsFile(
  place: string,
  { stdin, cwd }: Pick<Io, 'stdin' | 'cwd'>,
): Promise<JsonObject> {
  const text = place === '-' ? await readAll(stdin) : await readFileNamed(resolve(cwd, place), place);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(
      `--inputs ${place}: is not JSON: ${error instanceof Error ? error.message : error}`,
      '--inputs',
    );
  }
  if (isObject(value)) return value;
  throw usageError(`--inputs ${place}: must hold one JSON object`, '--inputs');
}

/**
 * Sets each `path=value` in a copy of `inputs`. The schema decides how a value is read: as text where it wants a string,
 * as JSON elsewhere where it is JSON. `rootVolume.sizeGiB=20` reaches inside.
 */
export function applyInputs(
  inputs: JsonObject,
  pairs: ReadonlyMap<string, string>,
  schema: InputSchema,
): JsonObject {
  const result = structuredClone(inputs);
  for (const [path, text] of pairs) {
    const words = path.split('.');
    if (!words.every((word) => WORD.test(word) && word !== '__proto__')) {
      throw usageError(`--input names ${JSON.stringify(path)}: must be an input’s name`, '--input');
    }
    set(result, words, readValue(text, schemaAt(schema, words)), path);
  }
  return result;
}

function set(target: JsonObject, words: readonly string[], value: unknown, path: string): void {
  const [word = '', ...rest] = words;
  if (rest.length === 0) {
    target[word] = value;
    return;
  }
  const inner = Object.hasOwn(target, word) ? target[word] : {};
  if (!isObject(inner)) {
    throw usageError(`--input ${path}: ${JSON.stringify(word)} is no object`, '--input');
  }
  target[word] = inner;
  set(inner, rest, value, path);
}

function readValue(text: string, schema: InputSchema | undefined): unknown {
  if (schema?.['type'] === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function schemaAt(schema: InputSchema, words: readonly string[]): InputSchema | undefined {
  return words.reduce<unknown>((inner, word) => {
    const properties = isObject(inner) ? inner['properties'] : undefined;
    return isObject(properties) ? properties[word] : undefined;
  }, schema) as InputSchema | undefined;
}

async function readFileNamed(path: string, name: string): Promise<string> {
  try {
    const content = await readFile(path);
    if (content.byteLength <= LARGEST_BYTES) return content.toString('utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw usageError(`--inputs ${name}: cannot be read (${code})`, '--inputs');
  }
  throw tooLarge();
}

async function readAll(stdin: Io['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > LARGEST_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooLarge = () => usageError(`--inputs: must be at most ${LARGEST_BYTES} bytes`, '--inputs');

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
