/**
 * The schema of one resource, read from the text of its bindings:
 *
 * - the names, and what is computed, optional or required: the comment above every property of a class;
 * - types: the getter below it, or the table that the bindings use to print HCL;
 * - what is a block: the doc comment `x block` of an interface (the bindings’ own `isBlock` is true for some attributes).
 */
import type { AttributeSchema, BlockSchema, CtyType, NestedBlockSchema } from '../schema.js';

/** The part of a class that speaks of one property. */
interface Property {
  readonly name: string;
  readonly computed: boolean;
  readonly optional: boolean;
  readonly required: boolean;
  readonly code: string;
}

interface Member {
  readonly required: boolean;
  readonly isBlock: boolean;
}

interface HclEntry {
  readonly type: string;
  readonly storage: string;
}

/** `root` is the class of the resource, `Instance`, or of the provider. Throws when the text is not as expected. */
export function deriveBlock(source: string, root: string): BlockSchema {
  return new Derivation(source).block(root, `${root}Config`);
}

class Derivation {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  block(className: string, interfaceName: string): BlockSchema {
    const members = this.#members(interfaceName);
    const hcl = this.#hclTable(className, interfaceName);
    const attributes: Record<string, AttributeSchema> = {};
    const blocks: Record<string, NestedBlockSchema> = {};
    for (const property of this.#properties(className, members)) {
      const { name, code, required, optional, computed } = property;
      // Terraform’s own, not the provider’s.
      if (name === 'alias') continue;
      const struct = structOf(code) ?? structOfStorage(hcl.get(name));
      if (members.get(name)?.isBlock && struct !== undefined) {
        blocks[name] = this.#nested(struct, hcl.get(name));
      } else {
        const type =
          struct === undefined ? simpleType(code, hcl.get(name)) : this.#objects(struct, code, hcl.get(name));
        if (type === undefined) throw new Error(`the type of ${className}.${name} is not in the bindings`);
        attributes[name] = { type, required, optional, computed };
      }
    }
    if (Object.keys(attributes).length === 0) throw new Error(`the bindings say nothing of ${className}`);
    return { attributes, blocks };
  }

  #nested(struct: string, entry: HclEntry | undefined): NestedBlockSchema {
    const block = this.block(`${struct}OutputReference`, struct);
    if (entry?.type === 'struct') return { nesting: 'single', maxItems: 0, block };
    if (entry?.type === 'set') return { nesting: 'set', maxItems: 0, block };
    // A class for the list says that there may be many; without one, the bindings take a single struct.
    const many = new RegExp(`^export class ${struct}List `, 'm').test(this.#source);
    return { nesting: 'list', maxItems: many ? 0 : 1, block };
  }

  /** An attribute whose elements are objects. */
  #objects(struct: string, code: string, entry: HclEntry | undefined): CtyType {
    const { attributes } = this.block(`${struct}OutputReference`, struct);
    const object = ['object', mapValues(attributes, ({ type }) => type)] as const;
    if (code.includes(`new ${struct}OutputReference(`)) return object;
    const set = entry?.type === 'set' || new RegExp(`new ${struct}List\\(this, "\\w+", true\\)`).test(code);
    return [set ? 'set' : 'list', object];
  }

  /** From the class; where it has none (structs of a provider), from the interface. */
  #properties(className: string, members: ReadonlyMap<string, Member>): Property[] {
    const text = this.#section(`export class ${className} extends`);
    if (text === undefined) {
      return [...members].map(([name, { required }]) => ({
        name,
        required,
        optional: !required,
        computed: false,
        code: '',
      }));
    }
    const heads = [
      ...text.matchAll(/^ {2}\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)$/gm),
    ];
    return heads.map((head, index) => ({
      name: head[1] ?? '',
      computed: head[2] === 'true',
      optional: head[3] === 'true',
      required: head[4] === 'true',
      code: text.slice(head.index, heads[index + 1]?.index),
    }));
  }

  #members(interfaceName: string): Map<string, Member> {
    const text = this.#section(`export interface ${interfaceName} `) ?? '';
    const members = new Map<string, Member>();
    for (const [, doc = '', optional] of text.matchAll(/\/\*\*([\s\S]*?)\*\/\s+readonly \w+(\?)?:/g)) {
      const name = /#(\w+) \w+#\w+\}/.exec(doc)?.[1];
      if (name === undefined) continue;
      members.set(name, { required: optional === undefined, isBlock: doc.includes(`* ${name} block\n`) });
    }
    return members;
  }

  #hclTable(className: string, struct: string): Map<string, HclEntry> {
    const printer = `export function ${struct[0]?.toLowerCase()}${struct.slice(1)}ToHclTerraform(`;
    const text =
      this.#section(printer) ??
      this.#section(`export class ${className} extends`)?.split('synthesizeHclAttributes', 2)[1] ??
      '';
    return new Map(
      [
        ...text.matchAll(
          /(\w+): \{\s+value: .*\s+isBlock: \w+,\s+type: "(\w+)",\s+storageClassType: "(\w+)"/g,
        ),
      ].map(([, name = '', type = '', storage = '']) => [name, { type, storage }]),
    );
  }

  /** From a line that begins so to the next line that is a closing brace. */
  #section(head: string): string | undefined {
    const start = this.#source.startsWith(head) ? 0 : this.#source.indexOf(`\n${head}`);
    if (start === -1) return undefined;
    const end = this.#source.indexOf('\n}', start);
    return this.#source.slice(start, end);
  }
}

/** The struct that a property holds: `new InstanceEbsBlockDeviceList(this, …)`. */
const structOf = (code: string): string | undefined =>
  /new (?!cdktf)(\w+?)(?:List|OutputReference)\(this, "/.exec(code)?.[1];

const structOfStorage = (entry: HclEntry | undefined): string | undefined => {
  if (entry === undefined || entry.storage in STORAGE) return undefined;
  return entry.storage.replace(/List$/, '');
};

const GETTERS: Readonly<Record<string, CtyType>> = {
  getStringAttribute: 'string',
  getNumberAttribute: 'number',
  getBooleanAttribute: 'bool',
  getListAttribute: ['list', 'string'],
  getNumberListAttribute: ['list', 'number'],
  getStringMapAttribute: ['map', 'string'],
  getNumberMapAttribute: ['map', 'number'],
  getBooleanMapAttribute: ['map', 'bool'],
};

const STORAGE: Readonly<Record<string, CtyType>> = {
  string: 'string',
  number: 'number',
  boolean: 'bool',
  stringList: ['list', 'string'],
  numberList: ['list', 'number'],
  stringMap: ['map', 'string'],
};

function simpleType(code: string, entry: HclEntry | undefined): CtyType | undefined {
  if (code.includes('new cdktf.StringMap(')) return ['map', 'string'];
  const getter = /this\.(get\w+Attribute)\(/.exec(code)?.[1];
  const type = getter === undefined ? STORAGE[entry?.storage ?? ''] : GETTERS[getter];
  if (!Array.isArray(type) || type[0] !== 'list') return type;
  // The CDK reads a set as a list.
  return entry?.type === 'set' || code.includes('cdktf.Fn.tolist(') ? ['set', type[1]] : type;
}

const mapValues = <T, U>(object: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
