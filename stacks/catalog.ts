/** The stacks that a request may name: the built-in ones and those of the modules that the configuration lists. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { NodeyardError } from '../src/errors.js';
import { awsNode } from './aws-node.js';
import { isNodeStack, type NodeStack } from './define.js';
import { localNode } from './local-node.js';
import { unknownStack } from './unknown-stack.js';

const BUILT_IN: readonly NodeStack[] = [localNode, awsNode];

export interface StackDescription {
  readonly name: string;
  /** JSON Schema (2020-12) of the inputs, as a producer writes them. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface StackCatalog {
  /** Throws UNKNOWN_STACK, whose message lists the known names. */
  get(name: string): NodeStack;
  find(name: string): NodeStack | undefined;
  all(): readonly NodeStack[];
  /** In the order of their names. */
  list(): readonly StackDescription[];
}

/**
 * Imports every module, given as an absolute path or the name of a package. Throws CONFIG_INVALID with the problems of all
 * of them: a module that does not load or exports no stack, a name that is taken.
 */
export async function loadCatalog(modulePaths: readonly string[] = []): Promise<StackCatalog> {
  const stacks = new Map<string, { readonly stack: NodeStack; readonly from: string }>();
  for (const stack of BUILT_IN) stacks.set(stack.name, { stack, from: 'nodeyard itself' });
  const problems: string[] = [];
  for (const path of new Set(modulePaths)) {
    const loaded = await loadModule(path);
    if (typeof loaded === 'string') problems.push(loaded);
    else {
      for (const stack of loaded) {
        const taken = stacks.get(stack.name);
        if (taken === undefined) stacks.set(stack.name, { stack, from: path });
        else if (taken.stack !== stack) {
          problems.push(
            `${path}: stack "${stack.name}" is already defined by ${taken.from}; give it another name`,
          );
        }
      }
    }
  }
  if (problems.length > 0) {
    throw new NodeyardError('CONFIG_INVALID', problems.join('\n'), { field: 'stacks' });
  }
  return catalogOf(new Map([...stacks].map(([name, { stack }]) => [name, stack])));
}

/** The module’s stacks, or what is wrong with it. */
async function loadModule(path: string): Promise<readonly NodeStack[] | string> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(isAbsolute(path) ? pathToFileURL(path).href : path)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${path}: cannot be loaded (${reason}); check the path, or install the package`;
  }
  const stacks = [...new Set(Object.values(exported))].filter(isNodeStack);
  if (stacks.length === 0) {
    return `${path}: exports no stack; export what defineNodeStack() of "nodeyard/stacks" returns`;
  }
  return stacks;
}

function catalogOf(stacks: ReadonlyMap<string, NodeStack>): StackCatalog {
  const names = [...stacks.keys()].sort();
  return {
    get(name) {
      const stack = stacks.get(name);
      if (stack === undefined) throw unknownStack(name, names);
      return stack;
    },
    find: (name) => stacks.get(name),
    all: () => [...stacks.values()],
    list: () =>
      [...stacks.values()]
        .sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
        .map((stack) => ({
          name: stack.name,
          inputs: z.toJSONSchema(stack.inputs, { io: 'input', unrepresentable: 'any' }),
        })),
  };
}
