/** The settings of a node group as tables and as JSON Schema, from the one schema that reads them. */
import { z } from 'zod';
import { groupWishSchema, roleDefaults } from '../../src/groups/config.js';
import { valueText } from '../../src/groups/difference-text.js';
import { table } from './page.js';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node;
  readonly required?: readonly string[];
}

const jsonSchema = (): Node =>
  z.toJSONSchema(groupWishSchema, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' }) as Node;

/** Text of `schema/group.v1.schema.json`: an editor completes and checks files of groups with it. */
export function groupSchema(): string {
  const { $schema, ...schema } = jsonSchema() as Node & { readonly $schema?: string };
  return `${JSON.stringify({ $schema, title: 'Node group, version 1', ...schema }, null, 2)}\n`;
}

export function groupTable(): string {
  const { roles: _, ...own } = jsonSchema().properties ?? {};
  const roles = { description: 'By their names, up to 32.' };
  return settings({ ...jsonSchema(), properties: { ...own, roles } }, {});
}

export const roleTable = (): string =>
  settings(jsonSchema().properties?.['roles']?.additionalProperties ?? {}, roleDefaults());

const settings = (schema: Node, defaults: object): string =>
  table(['setting', 'default', 'meaning'], rowsOf(schema, defaults, ''));

function rowsOf({ properties = {}, required = [] }: Node, defaults: object, place: string): string[][] {
  return Object.entries(properties).flatMap(([name, each]) => {
    const field = `${place}${name}`;
    const value: unknown = Reflect.get(defaults, name);
    if (each.properties !== undefined) return rowsOf(each, value as object, `${field}.`);
    const fallback = required.includes(name) ? 'required' : defaultText(field, value);
    return [[`\`${field}\``, fallback, each.description ?? '']];
  });
}

function defaultText(field: string, value: unknown): string {
  if (value === undefined || JSON.stringify(value) === '{}') return '';
  return value === null ? 'none' : valueText(field, value);
}
