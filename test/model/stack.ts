/** What a node of the model is made of: two to four things, one upon the other or beside it. */
import type { StackCatalog } from '../../stacks/catalog.js';
import { defineNodeStack, TerraformData, z } from '../../stacks/define.js';

/** In the order of their making. `disk` stands alone, so that two things are made at once. */
export const PARTS = ['net', 'machine', 'disk', 'address'] as const;

const stack = defineNodeStack({
  name: 'model-node',
  inputs: z.object({ parts: z.int().min(2).max(PARTS.length) }),
  node(scope, { parts }, { id: nodeId }) {
    const made = new Map<string, TerraformData>();
    const on = (...names: string[]): TerraformData[] => names.flatMap((name) => made.get(name) ?? []);
    for (const part of PARTS.slice(0, parts)) {
      const dependsOn = part === 'machine' ? on('net') : part === 'address' ? on('machine') : [];
      made.set(part, new TerraformData(scope, part, { input: { nodeId, part }, dependsOn }));
    }
    return { machine: made.get('machine')?.id };
  },
});

export const modelCatalog: StackCatalog = {
  get: () => stack,
  find: () => stack,
  all: () => [stack],
  list: () => [],
};
export const STACK_NAME = stack.name;
