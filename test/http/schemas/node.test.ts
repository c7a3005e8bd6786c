/** What is shown of a node is what is stored of it, field by field. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { nodeEventSchema, nodeSchema } from '../../../src/http/schemas/node.js';
import type { NodeEvent, NodeRecord } from '../../../src/node/record.js';

type Plain<T> = T extends readonly unknown[] | object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

test('the schemas and the types of the record are the same, or this does not compile', () => {
  const node: Same<Plain<z.output<typeof nodeSchema>>, Plain<NodeRecord>> = true;
  const event: Same<Plain<z.output<typeof nodeEventSchema>>, Plain<NodeEvent>> = true;
  expect([node, event]).toEqual([true, true]);
});
