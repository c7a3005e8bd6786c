/**
 * EC2’s Query protocol by the shapes of the installed SDK: parameters to the input of an action, the output to XML. Names
 * on the wire are read, not typed by hand (smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html).
 */
import { CloudRefusal } from '../errors.js';

/** What the SDK’s schemas are made of (`schemas_0` of its package): ids of simple types, arrays, and references. */
export type Shape = number | 'unit' | readonly unknown[] | (() => Shape);

export interface Operation {
  readonly input: Shape;
  readonly output: Shape;
}

interface Traits {
  readonly xmlName?: string;
  readonly ec2QueryName?: string;
}

type Known =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'time' | 'unit' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'structure'; readonly members: readonly Member[]; readonly required: number };

interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly traits: Traits;
}

const LIST_OF = 64;
const SIMPLE = new Map<number, 'text' | 'number' | 'boolean' | 'time'>([
  [0, 'text'],
  [1, 'number'],
  [2, 'boolean'],
  [4, 'time'],
]);

/** Undefined where the SDK knows no such action. */
export async function operationOf(action: string): Promise<Operation | undefined> {
  const sdk: Readonly<Record<string, unknown>> = await import('@aws-sdk/client-ec2');
  const found = Object.hasOwn(sdk, `${action}$`) ? sdk[`${action}$`] : undefined;
  if (!Array.isArray(found) || found[0] !== 9) return undefined;
  const [, , , , input, output] = found as Shape[];
  return input === undefined || output === undefined ? undefined : { input, output };
}

/** Throws a refusal for a parameter that is of another type, that no member of the input has, or that is not there. */
export function readInput(
  { input }: Operation,
  parameters: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  const used = new Set<string>();
  const value = (readValue(input, '', parameters, used) ?? {}) as Readonly<Record<string, unknown>>;
  const unknown = [...parameters.keys()].find((name) => !used.has(name));
  if (unknown !== undefined) {
    throw new CloudRefusal('UnknownParameter', `The parameter ${unknown} is not recognized`);
  }
  const known = resolve(input);
  const { members, required } = known.kind === 'structure' ? known : { members: [], required: 0 };
  const missing = members.slice(0, required).find(({ name }) => value[name] === undefined);
  if (missing !== undefined) {
    throw new CloudRefusal('MissingParameter', `The request must contain the parameter ${missing.name}`);
  }
  return value;
}

function readValue(
  shape: Shape,
  key: string,
  parameters: ReadonlyMap<string, string>,
  used: Set<string>,
): unknown {
  const known = resolve(shape);
  if (known.kind === 'structure') {
    const entries = known.members.flatMap(({ name, shape: member, traits }) => {
      const part = traits.ec2QueryName ?? capitalized(traits.xmlName ?? name);
      const value = readValue(member, key === '' ? part : `${key}.${part}`, parameters, used);
      return value === undefined ? [] : [[name, value] as const];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  if (known.kind === 'list') {
    const items: unknown[] = [];
    for (;;) {
      const item = readValue(known.of, `${key}.${items.length + 1}`, parameters, used);
      if (item === undefined) return items.length === 0 ? undefined : items;
      items.push(item);
    }
  }
  const text = parameters.get(key);
  if (text === undefined) return undefined;
  used.add(key);
  return simpleValue(known.kind, key, text);
}

function simpleValue(kind: 'text' | 'number' | 'boolean' | 'time' | 'unit', key: string, text: string) {
  const wrong =
    (kind === 'number' && !/^-?\d+$/.test(text)) || (kind === 'boolean' && !/^(?:true|false)$/.test(text));
  if (wrong) {
    throw new CloudRefusal('InvalidParameterValue', `Invalid value '${text}' for parameter ${key}`);
  }
  if (kind === 'number') return Number(text);
  return kind === 'boolean' ? text === 'true' : text;
}

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * The elements of an output. What the shape does not know is left out; a value of another type than the shape’s is a
 * fault of this cloud.
 */
export function writeOutput({ output }: Operation, value: Readonly<Record<string, unknown>>): string {
  const known = resolve(output);
  // What gives nothing gives `true`.
  return known.kind === 'unit' ? element('return', 'true') : writeContent(known, value, 'output');
}

export const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
export const escaped = (text: string): string => text.replace(/[&<>\r]/g, (sign) => ESCAPES[sign] ?? sign);

function writeContent(known: Known, value: unknown, place: string): string {
  switch (known.kind) {
    case 'structure': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misfit(place, value);
      const values = value as Readonly<Record<string, unknown>>;
      return known.members
        .filter(({ name }) => values[name] !== undefined)
        .map(({ name, shape, traits }) => {
          const content = writeContent(resolve(shape), values[name], `${place}.${name}`);
          return element(traits.xmlName ?? name, content);
        })
        .join('');
    }
    case 'list': {
      if (!Array.isArray(value)) throw misfit(place, value);
      const item = resolve(known.of);
      return value.map((one) => element('item', writeContent(item, one, place))).join('');
    }
    case 'number':
    case 'boolean':
      if (typeof value !== known.kind) throw misfit(place, value);
      return String(value);
    case 'text':
    case 'time':
      if (typeof value !== 'string') throw misfit(place, value);
      return escaped(value);
    case 'unit':
      return '';
  }
}

const misfit = (place: string, value: unknown): Error =>
  new Error(`${place} does not fit its shape: ${JSON.stringify(value)}`);

function resolve(shape: Shape): Known {
  if (shape === 'unit') return { kind: 'unit' };
  if (typeof shape === 'function') return resolve(shape());
  if (typeof shape === 'number') {
    if ((shape & LIST_OF) !== 0) return { kind: 'list', of: shape & ~LIST_OF };
    const kind = SIMPLE.get(shape);
    if (kind !== undefined) return { kind };
  } else if (shape.length === 2) {
    return resolve(shape[0] as Shape);
  } else if (shape[0] === 1) {
    return { kind: 'list', of: shape[4] as Shape };
  } else if (shape[0] === 3) {
    const names = shape[4] as readonly string[];
    const shapes = shape[5] as readonly Shape[];
    return {
      kind: 'structure',
      // Those that must be there stand first.
      required: typeof shape[6] === 'number' ? shape[6] : 0,
      members: names.map((name, index) => {
        const member = shapes[index] as Shape;
        return { name, shape: member, traits: traitsOf(member) };
      }),
    };
  }
  throw new Error(`a shape of a kind that is not known here: ${String(shape).slice(0, 80)}`);
}

const traitsOf = (shape: Shape): Traits => {
  if (!Array.isArray(shape) || shape.length !== 2) return {};
  const traits: unknown = shape[1];
  return typeof traits === 'object' && traits !== null ? traits : {};
};
