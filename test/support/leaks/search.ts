/**
 * Searches what was said in a run for the secrets that its tests used: those that they named (`secret`), and whatever has the form of
 * a token, of a webhook’s secret or of a signed bearer, so that one that nobody named is found as well.
 *
 * Searched are: the logs of nodeyards in tests at the level trace (redacted as theirs is), what every process that a test spawns says
 * on its stderr through a pipe, the test processes’ own stderr, the archived logs of runs, the stream of events and the audit trail at
 * the end of each nodeyard, the answers of the API, and what commands say on stderr. Not searched: what a command prints on stdout,
 * which is where a new token is shown; the answer that makes a webhook, likewise; the rest of Redis, where secrets may lie; a stderr
 * that a test gives another place than a pipe; and what a test logs to nowhere (`silentLog`).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAID, SECRETS_FILE, type UsedSecret } from './record.js';

export interface Leak {
  readonly kind: string;
  /** The test file that used the secret; unknown for one that was only known by its form. */
  readonly usedBy: string | undefined;
  /** Where it was said: the test file and what it was. */
  readonly said: string;
}

const FORMS: Readonly<Record<string, RegExp>> = {
  'a token of the API': /nyt_[a-z0-9]{10}_[A-Za-z0-9_-]{43}/,
  'a token of a node': /nyn_[A-Za-z0-9_-]{1,63}_[A-Za-z0-9_-]{43}/,
  'a secret of a webhook': /whsec_[A-Za-z0-9+/]{32}/,
  'a signed bearer': /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{40,}/,
};

export function searchForLeaks(directory: string): readonly Leak[] {
  const secrets = secretsIn(directory);
  const leaks: Leak[] = [];
  for (const name of readdirSync(directory).filter((each) => each.endsWith(SAID))) {
    const text = readFileSync(join(directory, name), 'utf8');
    const said = name.slice(0, -SAID.length).replaceAll('∕', '/');
    for (const { kind, file, value } of secrets) {
      if (formsOf(value).some((form) => text.includes(form))) leaks.push({ kind, usedBy: file, said });
    }
    for (const [kind, form] of Object.entries(FORMS)) {
      if (form.test(text)) leaks.push({ kind, usedBy: undefined, said });
    }
  }
  return leaks;
}

/** Each value once. */
function secretsIn(directory: string): readonly UsedSecret[] {
  const path = join(directory, SECRETS_FILE);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const used = lines.map((line) => JSON.parse(line) as UsedSecret);
  return [...new Map(used.map((each) => [each.value, each])).values()];
}

/** As it is, and as a log of JSON writes it. */
const formsOf = (value: string): readonly string[] => [
  ...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]),
];

/** For a person; says no secret. */
export const leakLine = ({ kind, usedBy, said }: Leak): string =>
  `${kind}${usedBy === undefined ? '' : ` (used by ${usedBy})`} was said in ${said}`;
