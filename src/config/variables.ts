/** The settings as a flat list, each with the name of its variable: derived from the schema, for sources and docs. */
import { z } from 'zod';
import { settingsSchema } from './schema.js';
import type { SettingMeta } from './section.js';

export interface Setting extends SettingMeta {
  /** `terraform.grace` is `['terraform', 'grace']`. */
  readonly path: readonly string[];
  readonly variable: string;
  /** As a person would write it; undefined when there is none. */
  readonly default: unknown;
}

/** Variables that begin like settings and are none: each with who reads it. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  NODEYARD_CONFIG: 'The path of the configuration file, instead of `nodeyard.json`.',
  NODEYARD_API_URL: 'Read by the command line: the API that commands speak to, instead of Redis (`--api`).',
  NODEYARD_API_TOKEN: 'Read by the command line: the token for that API.',
  NODEYARD_TERRAFORM_MIRROR:
    'Read by `scripts/setup`: where the Terraform release is downloaded from, instead of its official host.',
  NODEYARD_STACK: 'Read by `cdktf synth`: the stack to show.',
  NODEYARD_INPUTS: 'Read by `cdktf synth`: the file with the inputs of that stack.',
};

export const SETTINGS: readonly Setting[] = settingsUnder(settingsSchema, []);

function settingsUnder(schema: z.core.$ZodType, path: readonly string[]): Setting[] {
  const inner = withoutWrapper(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, value]) => settingsUnder(value, [...path, key]));
  }
  const meta = z.globalRegistry.get(schema) as SettingMeta | undefined;
  if (meta === undefined) throw new Error(`setting ${path.join('.')} has no description`);
  const preset = schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
  return [{ ...meta, path, variable: meta.variable ?? variableOf(path), default: preset }];
}

function withoutWrapper(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? schema.def.innerType : schema;
}

/** `terraform.maxLogBytes` is `NODEYARD_TERRAFORM_MAX_LOG_BYTES`. */
function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return ['NODEYARD', ...words].join('_');
}
