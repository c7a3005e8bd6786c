/** What a node of the fleet can be made of: the stacks of this configuration, or those that the API knows. */
import type { StackDescription } from '../../../stacks/catalog.js';
import { unknownStack } from '../../../stacks/unknown-stack.js';
import type { Call } from '../call.js';
import { configOf } from '../opened.js';
import { inTermsOfCall, remotePlace } from './place.js';

export interface KnownStacks {
  /** In the order of their names. */
  readonly all: readonly StackDescription[];
  /** Throws UNKNOWN_STACK. */
  describe(name: string): StackDescription;
  /** Throws INVALID_INPUT; where the API knows the schema better than we do it is left to that. */
  check(name: string, inputs: unknown): void;
}

export async function knownStacks(call: Call): Promise<KnownStacks> {
  const place = remotePlace(call);
  return place === undefined ? ofConfiguration(call) : ofApi(call, place);
}

async function ofConfiguration(call: Call): Promise<KnownStacks> {
  const config = await configOf(call);
  const [{ loadCatalog }, { parseInputs }] = await Promise.all([
    import('../../../stacks/catalog.js'),
    import('../../synth/inputs.js'),
  ]);
  const catalog = await loadCatalog(config.stacks);
  return {
    ...described(catalog.list()),
    check: (name, inputs) => {
      parseInputs(catalog.get(name), inputs);
    },
  };
}

async function ofApi(call: Call, place: NonNullable<ReturnType<typeof remotePlace>>): Promise<KnownStacks> {
  const { connectApi } = await import('../../remote/connect.js');
  try {
    const { stacks } = await connectApi(place).stacks.list();
    return { ...described(stacks), check: () => undefined };
  } catch (error) {
    throw inTermsOfCall(call, error);
  }
}

const described = (all: readonly StackDescription[]): Pick<KnownStacks, 'all' | 'describe'> => ({
  all,
  describe(name) {
    const found = all.find((stack) => stack.name === name);
    if (found !== undefined) return found;
    throw unknownStack(
      name,
      all.map((stack) => stack.name),
    );
  },
});
