import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { loadCatalog } from '../../stacks/catalog.js';

const define = new URL('../../stacks/define.ts', import.meta.url).href;
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ny-catalog-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function moduleWith(name: string, text: string): string {
  const path = join(root, `${name}.mjs`);
  writeFileSync(
    path,
    `import { defineNodeStack, TerraformData, z } from ${JSON.stringify(define)};\n${text}`,
  );
  return path;
}
const stackText = (name: string) =>
  `defineNodeStack({ name: '${name}', inputs: z.object({ size: z.int().describe('How big.') }), ` +
  `node: (scope, { size }) => { new TerraformData(scope, 'x', { input: size }); return { size }; } })`;

describe('the catalog', () => {
  it('has the built-in stacks, described by JSON Schema', async () => {
    const catalog = await loadCatalog();
    expect(catalog.list().map(({ name }) => name)).toEqual(['aws-node', 'local-node']);
    const local = catalog.list().find(({ name }) => name === 'local-node');
    expect(local?.inputs).toMatchObject({
      type: 'object',
      additionalProperties: false,
      properties: { port: { type: 'integer', minimum: 0, maximum: 65535, default: 0 } },
    });
    const aws = catalog.list().find(({ name }) => name === 'aws-node');
    expect(aws?.inputs['required']).toEqual(['region', 'instanceType']);
  });

  it('takes stacks of modules, exported by default or by name', async () => {
    const path = moduleWith(
      'two',
      `const a = ${stackText('mine-a')};\nexport default a;\nexport { a };\nexport const b = ${stackText('mine-b')};\nexport const other = 1;`,
    );
    const catalog = await loadCatalog([path, path]);
    expect(catalog.list().map(({ name }) => name)).toEqual(['aws-node', 'local-node', 'mine-a', 'mine-b']);
    const { configuration } = synthesize(catalog.get('mine-b'), [
      { fleet: 'f', nodeId: 'n', group: 'g', role: 'r', tags: {}, inputs: { size: 3 }, localDir: '/nodes/n' },
    ]);
    expect(configuration).toContain('"input": 3');
  });

  it('says which stacks there are when one is unknown', async () => {
    const catalog = await loadCatalog();
    expect(() => catalog.get('gcp-node')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_STACK',
        field: 'stack',
        message: expect.stringContaining('aws-node, local-node'),
      }),
    );
    expect(() => catalog.get('__proto__')).toThrow(expect.objectContaining({ code: 'UNKNOWN_STACK' }));
  });

  it('is refused with the problem of every module at once', async () => {
    const missing = join(root, 'missing.mjs');
    const broken = moduleWith('broken', 'throw new Error("not today");');
    const empty = moduleWith('empty', 'export default 1;');
    const taken = moduleWith('taken', `export default ${stackText('aws-node')};`);
    const wrong = moduleWith('wrong', 'export default defineNodeStack({ name: "x" });');
    const loading = loadCatalog([missing, broken, empty, taken, wrong, 'no-such-package']);
    const error = (await loading.catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', field: 'stacks' });
    for (const [path, problem] of [
      [missing, 'cannot be loaded'],
      [broken, 'not today'],
      [empty, 'exports no stack'],
      [taken, 'already defined by nodeyard itself'],
      [wrong, '`node` must be a function'],
      ['no-such-package', 'install the package'],
    ] as const) {
      expect(error.message.split('\n').find((line) => line.startsWith(path))).toContain(problem);
    }
  });
});
