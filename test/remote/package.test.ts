/** What the client is made of: the types of the API, and at run time next to nothing. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { nodeEventSchema, nodeSchema } from '../../src/http/schemas/node.js';
import type { logPageSchema } from '../../src/http/schemas/runs.js';
import type { NodeRecord, NodeEvent as StoredEvent } from '../../src/node/record.js';
import type { LogPage, Node, NodeEvent, NodeRequest, Nodes } from '../../src/remote/index.js';
import type { webhookSchema } from '../../src/webhooks/webhook.js';

const entry = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Every file and package that is loaded, found by following what stands in the files. */
async function loadedBy(path: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entry(path)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs).map((file) =>
    file.replace(/^.*?(?=(src|stacks|node_modules)\/)/, ''),
  );
  return files.filter((file) => !file.startsWith('src/remote/')).sort();
}

describe('at run time the client loads', () => {
  test('the core and a parser: no server, no Redis, no CDK, not even the schemas', async () => {
    expect(await loadedBy('src/remote/index.ts')).toEqual([
      'node_modules/eventsource-parser/dist/index.js',
      'src/errors.ts',
      'src/node/lifecycle.ts',
    ]);
  });

  test('other than the package itself, by which this would be found out', async () => {
    const loaded = await loadedBy('src/http/errors.ts');
    expect(loaded).toEqual(['src/errors.ts', 'src/http/errors.ts']);
    expect(await loadedBy('src/http/schemas/node.ts')).toContain('node_modules/zod/index.js');
  });
});

test('its types are those of the schemas, and what it answers is what the store knows', () => {
  expectTypeOf<Node>().toEqualTypeOf<z.output<typeof nodeSchema>>();
  expectTypeOf<NodeEvent>().toEqualTypeOf<z.output<typeof nodeEventSchema>>();
  expectTypeOf<LogPage>().toEqualTypeOf<z.output<typeof logPageSchema>>();
  expectTypeOf<import('../../src/remote/index.js').Webhook>().toEqualTypeOf<z.output<typeof webhookSchema>>();
  expectTypeOf<Node>().toExtend<NodeRecord>();
  expectTypeOf<NodeEvent>().toExtend<StoredEvent>();
  expectTypeOf<Parameters<Nodes['request']>[0]>().toEqualTypeOf<NodeRequest>();
});
