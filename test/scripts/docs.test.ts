import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationPage } from '../../scripts/docs/configuration.js';
import { lifecycleDiagram, lifecycleTable } from '../../scripts/docs/lifecycle.js';
import { fill } from '../../scripts/docs/page.js';
import { SETTINGS } from '../../src/config/variables.js';
import { NODE_STATES, TRANSITIONS } from '../../src/node/lifecycle.js';

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the configuration reference', () => {
  it('has a row for every setting, with its variable', () => {
    const rows = configurationPage()
      .split('\n')
      .map((line) => line.split(/ *\| */).slice(1, 3));
    for (const { path, variable } of SETTINGS) {
      expect(rows).toContainEqual([`\`${path.join('.')}\``, `\`${variable}\``]);
    }
  });

  it('in the repository is the one of this schema', () => {
    expect(page('configuration.md')).toBe(configurationPage());
  });
});

describe('the lifecycle page', () => {
  it('has a row for every transition and a place for every state', () => {
    expect(lifecycleTable().split('\n')).toHaveLength(TRANSITIONS.length + 2);
    for (const state of NODE_STATES) expect(lifecycleDiagram()).toContain(state);
  });

  it('in the repository is the one of this table', () => {
    expect(page('lifecycle.md')).toContain(lifecycleTable());
    expect(page('lifecycle.md')).toContain(lifecycleDiagram());
  });
});

it('a page without a place for a generated part is an error, not a silent loss', () => {
  expect(() => fill('# A page\n', 'table', 'rows')).toThrow('no place for "table"');
  expect(fill('<!-- generated: table -->\nold $& rows\n<!-- end -->', 'table', '$& new')).toBe(
    '<!-- generated: table -->\n\n$& new\n\n<!-- end -->',
  );
});
