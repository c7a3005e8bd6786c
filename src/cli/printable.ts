/** Text from outside, made safe for a terminal. */

/** C0 and C1 controls, DEL, and the marks that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu;
const UNPRINTABLE_BUT_NEWLINE = /(?!\n)[\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu;

/** One line: line breaks and tabs become spaces, every other control character goes. */
export const printable = (text: string): string => text.replace(/[\t\r\n]+/g, ' ').replace(UNPRINTABLE, '');

/** The same, with its line breaks kept. */
export const printableLines = (text: string): string =>
  text.replaceAll('\t', '  ').replace(UNPRINTABLE_BUT_NEWLINE, '');

/** JSON whose strings hold no raw control character either; JSON itself escapes only those below a space. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? 'null';
  return text.replace(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g, escapeUnit);
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
