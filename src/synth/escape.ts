/**
 * User data is data: makes a text mean itself, first to the CDK, which looks for its tokens in every string, then to
 * Terraform, which reads every string of a JSON configuration, keys of maps included, as a template
 * (developer.hashicorp.com/terraform/language/syntax/json).
 */

/** A template that yields nothing: it parts what the CDK must not recognize, and is gone when Terraform has read it. */
const NOTHING = '${""}';

/** Where the CDK’s tokens live among the numbers; JSON has no use for so large ones. */
const TOKEN_NUMBERS = 1e288;

/** Values that stand for a token of a whole map (`cdktf/lib/tokens/token.js`). */
const MAP_TOKEN_TEXTS = new Set(['String Map Token Value', 'Any Map Token Value']);
const MAP_TOKEN_NUMBER = -123456789;

/** The CDK takes a number for a token of its own; such a number cannot be written in a way that it would leave alone. */
export const looksLikeToken = (value: number): boolean =>
  Math.abs(value) >= TOKEN_NUMBERS || value === MAP_TOKEN_NUMBER;

/** Escapes one text, so that it arrives as those very characters, alone or joined to other texts. */
export function escapeText(text: string): string {
  if (MAP_TOKEN_TEXTS.has(text)) return `${text}${NOTHING}`;
  return protectEdges(
    breakNumberTokens(breakTextTokens(text.replaceAll('${', () => '$${').replaceAll('%{', '%%{'))),
  );
}

/** Escapes every string of a JSON value, keys of objects included. */
export function escapeDeeply<T>(value: T): T;
export function escapeDeeply(value: unknown): unknown {
  if (typeof value === 'string') return escapeText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => escapeDeeply(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [escapeText(key), escapeDeeply(item as unknown)]),
  );
}

/** `${TfToken[…]}`, `#{TfToken[…]}` and `&{TfToken[…]}` would be looked up among the live tokens. */
const breakTextTokens = (text: string): string => text.replaceAll('{TfToken[', () => `{Tf${NOTHING}Token[`);

/**
 * The CDK’s own search for numbers inside texts takes quadratic time in the length of a run of digits, so that long runs
 * are parted; then the numbers which it would take for tokens.
 */
function breakNumberTokens(text: string): string {
  return text
    .replace(/[-|\d.+]{128}/g, (run) => run + NOTHING)
    .replace(/[-|\d.+]+(?=e[-|\d.eE+])[-|\d.eE+]*/g, (number) =>
      Math.abs(Number.parseFloat(number)) >= TOKEN_NUMBERS
        ? number.replaceAll('e', () => `${NOTHING}e`)
        : number,
    );
}

/** A stack may join texts, or put `$` before one: `$` and `{file("…")}` are harmless, side by side they are not. */
function protectEdges(text: string): string {
  return text
    .replace(/(?<![$%])[$%]+$/, (run) => `\${"${run}"}`)
    .replace(/\{(?:T(?:f(?:T(?:o(?:k(?:en?)?)?)?)?)?)?$/, (start) => start + NOTHING)
    .replace(/^\{/, () => '${"{"}');
}
