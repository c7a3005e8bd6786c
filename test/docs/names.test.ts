/** What the documents name exists: variables, settings, commands and their options, npm scripts, files, error codes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { errorCodeTable } from '../../scripts/docs/error-codes.js';
import { metricTable } from '../../scripts/docs/metrics.js';
import { buildProgram } from '../../src/cli/program.js';
import { OTHER_VARIABLES, SETTINGS } from '../../src/config/variables.js';
import { ERROR_CODES } from '../../src/errors.js';
import { METRICS } from '../../src/metrics/definitions.js';
import { DEFAULT_PASS_ENV } from '../../src/terraform/env.js';
import { codeSpans, type Page, page, pages, ROOT } from './pages.js';

const METRIC_NAMES: ReadonlySet<string> = new Set(Object.keys(METRICS));

const silent = { write: () => undefined, isTTY: false, columns: 120, rows: 40 };
const program = buildProgram({ stdout: silent, stderr: silent } as never, async () => undefined);

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Whole lines of shell blocks (with a prompt where there is output between them), and code spans. */
function shellLines(document: Page): readonly string[] {
  const inBlocks = document.blocks.flatMap(({ language, code }) => {
    const lines = code.split('\n');
    if (language === 'console')
      return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
    return language === 'sh' ? lines : [];
  });
  return [...inBlocks, ...codeSpans(document)].map((line) => line.replace(/\s+#.*$/, ''));
}

/** Calls of nodeyard: the words after its name, up to a pipe. */
const calls = (document: Page): readonly (readonly string[])[] =>
  shellLines(document).flatMap((line) => {
    const [, rest] = /(?:^|\s)(?:npx )?nodeyard((?: [^|]*)?)(?:\||$)/.exec(line) ?? [];
    return rest === undefined ? [] : [rest.trim().split(/\s+/).filter(Boolean)];
  });

/** What is wrong with a call: a command that does not exist, or an option that it does not take. */
function problemOf(words: readonly string[]): string | undefined {
  let command: Command = program;
  let rest = [...words];
  while (command.commands.length > 0 && rest[0] !== undefined && /^[a-z]/.test(rest[0])) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (next === undefined) return `there is no command "${rest[0]}" in: nodeyard ${words.join(' ')}`;
    command = next;
    rest = rest.slice(1);
  }
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]);
  const unknown = rest.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word));
  const odd = unknown.filter((word) => word !== '--help' && word !== '--version');
  return odd.length === 0 ? undefined : `${odd.join(' ')} is no option of: nodeyard ${words.join(' ')}`;
}

describe.each(pages().map((each) => [each.path, each] as const))('%s', (_, document) => {
  it('names only variables that are read', () => {
    const known = new Set([...SETTINGS.map(({ variable }) => variable), ...Object.keys(OTHER_VARIABLES)]);
    const named = document.text.match(/\bNODEYARD_[A-Z_]*[A-Z]\b/g) ?? [];
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names only settings that exist', () => {
    const paths = SETTINGS.map(({ path }) => path.join('.'));
    const sections = new Set(SETTINGS.filter(({ path }) => path.length > 1).map(({ path }) => path[0]));
    const named = codeSpans(document).filter((span) => {
      const [section, ...rest] = span.split('.');
      return rest.length === 1 && sections.has(section) && /^[a-z]\w*$/i.test(rest[0] ?? '');
    });
    const files = ['terraform.tfstate'];
    expect(named.filter((name) => !paths.includes(name) && !files.includes(name))).toEqual([]);
  });

  it('names only metrics that exist', () => {
    const named = document.text.match(/\bnodeyard_[a-z_]*[a-z]\b/g) ?? [];
    expect(named.filter((name) => !METRIC_NAMES.has(name.replace(/_(bucket|sum|count)$/, '')))).toEqual([]);
  });

  it('calls only commands that exist, with options that they take', () => {
    expect(calls(document).map(problemOf).filter(Boolean)).toEqual([]);
  });

  it('runs only npm scripts that exist', () => {
    const named = [...document.text.matchAll(/\bnpm (?:run (?:--silent )?)?([\w:]+)/g)].map(
      ([, name = '']) => name,
    );
    const ofNpm = ['install', 'ci', 'dependencies', 'run', 'scripts', 'alias'];
    expect(named.filter((name) => !ofNpm.includes(name) && !(name in scripts))).toEqual([]);
  });

  it('names only files of the repository that exist', () => {
    const named = codeSpans(document).filter((span) =>
      /^(?:src|stacks|workers|scripts|test|bench|schema|docs|bin|deploy|\.ci)\/[\w./-]*$/.test(span),
    );
    const missing = named.filter((name) => !existsSync(join(ROOT, name)));
    expect(missing.filter((name) => !inDataDirectory(name))).toEqual([]);
  });
});

/** `bin/` is also a place in the data directory, and a user’s stacks lie where the user wants them. */
const inDataDirectory = (name: string): boolean => name === 'bin/';

describe('the checks of the documents', () => {
  it('see a command that does not exist, and an option that it does not take', () => {
    expect(problemOf(['fly'])).toContain('no command "fly"');
    expect(problemOf(['state', 'fly'])).toContain('no command "fly"');
    expect(problemOf(['ls', '--fly'])).toContain('--fly is no option');
    expect(problemOf(['state', 'export', 'ID', '--output', 'x', '--json'])).toBeUndefined();
  });

  it('find the calls in spans and in blocks', () => {
    const document: Page = {
      ...page('README.md'),
      prose: 'see `nodeyard show ID --json | jq .node`',
      blocks: [
        { language: 'sh', code: 'A=b npx nodeyard ls   # all\nls\n' },
        { language: 'console', code: '$ nodeyard up\nnodeyard is up\n' },
      ],
    };
    expect(calls(document)).toEqual([['ls'], ['up'], ['show', 'ID', '--json']]);
  });
});

it('the page for operators has every error code with its class and its mend', () => {
  expect(errorCodeTable().split('\n')).toHaveLength(ERROR_CODES.length + 2);
  expect(page('docs/operations.md').text).toContain(errorCodeTable());
});

it('the page for operators has every metric', () => {
  expect(page('docs/operations.md').text).toContain(metricTable());
});

it('codes in capitals are error codes, or words of Terraform, Redis and the lifecycle', () => {
  const cited = ['docs/producers.md', 'docs/operations.md', 'docs/stacks.md', 'docs/aws-node.md'].flatMap(
    (path) => codeSpans(page(path)).filter((span) => /^(?:[A-Z]+_)+[A-Z]+$/.test(span)),
  );
  const others = [
    'DESTRUCTION_REQUESTED',
    'REDIS_URL',
    'AWS_ENDPOINT_URL_STS',
    'OTEL_EXPORTER_OTLP_HEADERS',
    ...SETTINGS.map(({ variable }) => variable),
  ];
  const known = [...ERROR_CODES, ...others, ...Object.keys(OTHER_VARIABLES)];
  expect(cited.length).toBeGreaterThan(0);
  expect(cited.filter((code) => !known.includes(code))).toEqual([]);
});

it('the page about stacks names variables that Terraform really sees', () => {
  const named = codeSpans(page('docs/stacks.md')).filter((span) => /^[A-Z]+_\*$/.test(span));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !DEFAULT_PASS_ENV.includes(name))).toEqual([]);
});
