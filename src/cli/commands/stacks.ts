/** `nodeyard stacks`: what a node can be made of, and the inputs of each. */
import type { Command } from 'commander';
import type { StackDescription } from '../../../stacks/catalog.js';
import type { Act, Call } from '../call.js';
import type { ExitName } from '../exit-status.js';
import { usageError } from '../failure.js';
import { knownStacks } from '../fleet/known-stacks.js';
import type { Output } from '../output.js';
import { printable } from '../printable.js';
import { cut, table } from '../table.js';
import { teach } from '../teach.js';

const LONGEST_MEANING = 90;

export function defineStacks(program: Command, act: Act): void {
  const command = program
    .command('stacks')
    .description('List the stacks that a node can be made of, with their inputs.')
    .argument('[NAME]', 'only this stack')
    .action((name: string | undefined) => act((call) => stacks(call, name)));
  teach(command, {
    examples: [['nodeyard stacks'], ['nodeyard stacks aws-node --json', 'its inputs as JSON Schema']],
    exits: [],
  });
}

async function stacks(call: Call, name: string | undefined): Promise<ExitName> {
  const { output } = call;
  const { all } = await knownStacks(call);
  const chosen = name === undefined ? all : all.filter((stack) => stack.name === name);
  if (chosen.length === 0) {
    const known = all.map((stack) => stack.name).join(', ');
    throw usageError(`there is no stack ${JSON.stringify(name)}; known are ${known}`, 'NAME');
  }
  if (output.json) output.value({ stacks: chosen });
  else output.line(chosen.map((stack) => describe(output, stack)).join('\n\n'));
  return 'done';
}

interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly default?: unknown;
  readonly description?: string;
}

function describe(output: Output, { name, inputs }: StackDescription): string {
  const properties = (inputs['properties'] ?? {}) as Readonly<Record<string, Property>>;
  const required = new Set((inputs['required'] ?? []) as readonly string[]);
  const rows = Object.entries(properties).map(([input, property]) => [
    input,
    typeOf(property),
    required.has(input) ? 'required' : defaultOf(property),
    cut(printable(property.description ?? ''), LONGEST_MEANING),
  ]);
  const head = output.paint('bold', printable(name));
  if (rows.length === 0) return `${head}\n  no inputs`;
  return `${head}\n${table(output, ['INPUT', 'TYPE', 'DEFAULT', 'MEANING'], rows).replace(/^/gm, '  ')}`;
}

function typeOf({ type, enum: values, anyOf }: Property): string {
  if (values !== undefined) return cut(values.map(String).join('|'), 30);
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join('|');
  return type === undefined ? 'any' : [type].flat().join('|');
}

const defaultOf = (property: Property): string =>
  property.default === undefined ? '' : cut(printable(JSON.stringify(property.default)), 30);
