/** The words of an expression, each with its place. */
import { problem } from './problem.js';

export const OPERATORS = ['&&', '||', '<=', '>=', '<', '>', '!', '+', '-', '*', '/', '(', ')'] as const;
export type Operator = (typeof OPERATORS)[number];

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'name'; readonly at: number; readonly name: string }
  | { readonly kind: 'operator'; readonly at: number; readonly operator: Operator }
  | { readonly kind: 'end'; readonly at: number };

const BLANK = /\s+/y;
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z][A-Za-z0-9_.]*/y;

/** Throws INVALID_INPUT at the first character that begins no word. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = match(BLANK, text, at);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const { token, length } = tokenAt(text, at);
    tokens.push(token);
    at += length;
  }
  tokens.push({ kind: 'end', at: text.length });
  return tokens;
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly length: number } {
  const digits = match(NUMBER, text, at);
  if (digits !== undefined) {
    const value = Number(digits);
    if (!Number.isFinite(value)) throw problem(text, at, `${digits} is too large`);
    return { token: { kind: 'number', at, value }, length: digits.length };
  }
  const name = match(NAME, text, at);
  if (name !== undefined) return { token: { kind: 'name', at, name }, length: name.length };
  const operator = OPERATORS.find((each) => text.startsWith(each, at));
  if (operator !== undefined) return { token: { kind: 'operator', at, operator }, length: operator.length };
  throw problem(
    text,
    at,
    `${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} means nothing here`,
  );
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
