/** What a run has to do, from what is configured and what is held. */
import type { Configuration } from './configuration.js';
import type { TerraformState } from './state.js';

export interface PlannedAction {
  readonly address: string;
  readonly action: 'create' | 'delete' | 'replace';
  readonly reason?: 'tainted';
}

/** A resource that is held and not configured is deleted, silently, as Terraform does. */
export function planOf(
  { resources }: Configuration,
  state: TerraformState,
  { destroy }: { readonly destroy: boolean },
): readonly PlannedAction[] {
  const held = [...state.resources.values()];
  if (destroy) return held.map(({ address }) => ({ address, action: 'delete' }));
  const strays = held.filter(({ address }) => !resources.has(address));
  return [
    ...strays.map(({ address }): PlannedAction => ({ address, action: 'delete' })),
    ...[...resources.keys()].flatMap((address): PlannedAction[] => {
      const one = state.resources.get(address);
      if (one === undefined) return [{ address, action: 'create' }];
      return one.tainted ? [{ address, action: 'replace', reason: 'tainted' }] : [];
    }),
  ];
}
