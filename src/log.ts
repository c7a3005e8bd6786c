/** The log: JSON lines through pino, with secrets taken out before anything is written. */
import { type Logger, pino } from 'pino';

export type Log = Logger;

const REDACTED = '[redacted]';

/** Names of settings and fields whose values are secrets. */
const SECRET_NAME = /(secret|token|password|passwd|private_?key|api_?key|credential|state_?keys?$)/i;

/**
 * Takes known secret values out of any text, as they are and as JSON writes them. Short values are left, or every "a" of
 * a text would be a secret.
 */
export function createRedactor(secrets: Iterable<string>): (text: string) => string {
  const written = [...secrets].flatMap(withItsLines).flatMap((value) => [value, ...jsonForms(value)]);
  // A provider that prints JSON is printed as JSON by Terraform once more.
  const values = [...new Set(written.flatMap((value) => [value, ...jsonForms(value)]))]
    .filter((value) => value.length >= 6)
    .sort((a, b) => b.length - a.length);
  return (text) =>
    values.reduce(
      (rest, value) => rest.replaceAll(value, REDACTED),
      text
        .replace(URL_PASSWORD, `$1${REDACTED}@`)
        .replace(API_TOKEN, `$1${REDACTED}`)
        .replace(NODE_TOKEN, REDACTED),
    );
}

/** Shorter lines of a key or of a credentials file (braces, "}") are no secrets. */
const SECRET_LINE_CHARS = 12;

/** Logs are read line by line, and so is a private key that somebody prints. */
function withItsLines(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return [secret, ...lines.filter((line) => line.length >= SECRET_LINE_CHARS)];
}

/** As JavaScript writes a text in JSON, and as Go does, whose encoder is afraid of HTML (seen with Terraform 1.11.4). */
function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return [plain, plain.replace(/[<>&\u2028\u2029]/g, escaped)];
}

/** Values of an environment that must never be printed: by the name of the variable, and passwords inside URLs. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '') continue;
    if (SECRET_NAME.test(name)) secrets.push(value);
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*?:([^@/?#]+)@/i.exec(value)?.[1];
    if (password !== undefined) secrets.push(password, decoded(password));
  }
  return secrets;
}

/**
 * However short the password of a URL is. Every part is bounded: a line may be a megabyte long, and an open-ended scheme
 * would be looked for from each of its characters to its end.
 */
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,19}:\/\/[^\s/?#:@"]{0,255}:)[^\s/?#@"]{1,1023}@/gi;

/** Tokens of nodes (src/auth/node-tokens.ts) are derived, so that nobody has a list of them. */
const NODE_TOKEN = /nyn_[A-Za-z0-9_-]{45,107}/g;
/** A token of the HTTP API; what is left of it, its id, opens nothing and says which one to revoke. */
const API_TOKEN = /(nyt_[a-z0-9]{10}_)[A-Za-z0-9_-]{20,}/g;

/** A password may hold a bare "%", which is no escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export interface LogOptions {
  readonly level: string;
  readonly redact?: (text: string) => string;
  readonly destination?: { write(line: string): void };
}

export function createLog({ level, redact = (text) => text, destination = process.stderr }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(redact(line)) },
  );
}

/** For parts that are used without a log of their own. */
export const silentLog: Log = pino({ level: 'silent' });
