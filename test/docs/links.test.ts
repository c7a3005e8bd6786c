import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, links, page, pages, ROOT } from './pages.js';

const isRelative = (target: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(target);

describe.each(pages().map((each) => [each.path, each] as const))('%s', (path, document) => {
  it('links only to files and headings that exist', () => {
    const broken = links(document)
      .filter(isRelative)
      .filter((target) => {
        const [file = '', anchor] = target.split('#', 2);
        const goal = file === '' ? path : posix.join(dirname(path), file);
        if (!existsSync(join(ROOT, goal))) return true;
        return anchor !== undefined && !anchors(page(goal)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('links to the outside by https alone', () => {
    const outside = links(document).filter((target) => !isRelative(target));
    expect(outside.filter((target) => !target.startsWith('https://'))).toEqual([]);
  });

  it('speaks of no place of the machine that it was written on', () => {
    expect(document.text).not.toMatch(/\/(?:work|root|home\/\w+)\//);
  });
});

it('every decision record stands in the list, and the list names no other', () => {
  const records = pages().filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path));
  const listed = links(page('docs/decisions/README.md')).filter(isRelative);
  expect(listed).toEqual(records.map(({ path }) => posix.basename(path)).sort());
});

it.each(['Context', 'Decision', 'Measured', 'Refused', 'Consequences'])(
  'every decision record says: %s',
  (part) => {
    const records = pages().filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path));
    expect(records.length).toBeGreaterThan(0);
    expect(records.filter(({ text }) => !text.includes(`\n## ${part}\n`)).map(({ path }) => path)).toEqual(
      [],
    );
  },
);

it('a link to a heading that does not exist would be seen', () => {
  expect(anchors(page('docs/operations.md'))).toContain('what-set-up-does');
  expect(anchors(page('docs/operations.md'))).not.toContain('no-such-heading');
  expect(
    links({ ...page('README.md'), prose: 'see [this](docs/nothing.md#x)\n[a]: https://example.com' }),
  ).toEqual(['docs/nothing.md#x', 'https://example.com']);
});
