/** What is shown of a node is what is stored of it, field by field. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { nodeEventSchema, type nodeSchema } from '../../../src/http/schemas/node.js';
import type { NodeEvent, NodeRecord } from '../../../src/node/record.js';

type Plain<T> = T extends readonly unknown[] | object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

test('the schemas and the types of the record are the same, or this does not compile', () => {
  const node: Same<Plain<z.output<typeof nodeSchema>>, Plain<NodeRecord>> = true;
  const event: Same<Plain<z.output<typeof nodeEventSchema>>, Plain<NodeEvent>> = true;
  expect([node, event]).toEqual([true, true]);
});

test('a field that no schema knows is not shown', () => {
  const event = {
    position: '1-0',
    type: 'noted',
    nodeId: 'n',
    group: 'g',
    role: 'r',
    actor: 'operator',
    epoch: 0,
    at: 0,
  } as const;
  expect(nodeEventSchema.encode({ ...event, inner: 'x' } as never)).toEqual(event);
});
