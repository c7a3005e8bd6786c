import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const locks = ['package-lock.json', 'bench/cdktf/package-lock.json'].map((path) => {
  const { packages } = JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as {
    packages: Readonly<Record<string, Entry>>;
  };
  return [path, packages] as const;
});

// A lock file that npm writes where a registry lacks the packages of other platforms lacks them too.
test.each(locks)(
  '%s has the optional packages of every platform: npm ci refuses one that lacks some',
  (_, packages) => {
    const missing = Object.entries(packages).flatMap(([name, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (optional) =>
          !(`node_modules/${optional}` in packages || `${name}/node_modules/${optional}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  },
);

test.each(locks)('%s names no registry', (_, packages) => {
  const named = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
  expect(named.map(([name]) => name)).toEqual([]);
});
