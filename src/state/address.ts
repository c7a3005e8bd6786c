/**
 * Resource addresses as Terraform prints them in its log, rebuilt from the parts that a state document keeps, so that
 * the two can be compared as strings.
 */

export interface AddressParts {
  /** Path of the module instance (`module.a["x"].module.b`), absent in the root module. */
  readonly module?: string | undefined;
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  /** A string for `for_each`, the digits of a number for `count`. */
  readonly key?: { readonly text: string } | { readonly number: string } | undefined;
}

export function formatAddress({ module, mode, type, name, key }: AddressParts): string {
  const path = module === undefined || module === '' ? '' : `${module}.`;
  const prefix = mode === 'data' ? 'data.' : '';
  return `${path}${prefix}${type}.${name}${key === undefined ? '' : formatKey(key)}`;
}

function formatKey(key: { readonly text: string } | { readonly number: string }): string {
  return 'text' in key ? `["${quoted(key.text)}"]` : `[${key.number}]`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};
/** What Go’s unicode.IsPrint accepts; Terraform writes everything else as \uXXXX. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Terraform’s own quoting of a string key (addrs.StringKey, seen with 1.11.4). */
function quoted(text: string): string {
  const characters = [...text];
  return characters
    .map((character, index) => {
      if ((character === '$' || character === '%') && characters[index + 1] === '{')
        return character + character;
      const escaped = ESCAPES[character];
      if (escaped !== undefined) return escaped;
      return PRINTABLE.test(character) ? character : codePoint(character);
    })
    .join('');
}

function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
