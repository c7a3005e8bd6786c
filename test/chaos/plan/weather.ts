/** What the cloud does to its callers: windows with one or two faults each, and fair weather between them. */
import type { FaultPlanInput } from '../../simcloud/cloud/faults.js';
import { Dice } from '../dice.js';

export interface PlannedWeather {
  readonly atMs: number;
  readonly forMs: number;
  readonly faults: FaultPlanInput;
}

type Rule = FaultPlanInput[number];

/** Calls after which something exists that costs money. */
const MAKING = ['RunInstances', 'CreateVolume', 'AllocateAddress', 'CreateSecurityGroup'];

const FAULTS: readonly ((dice: Dice) => readonly Rule[])[] = [
  (dice) => [{ call: '*', fault: 'throttled', probability: share(dice, 20, 60) }],
  (dice) => [{ call: 'RunInstances', fault: 'capacity', probability: share(dice, 30, 100) }],
  (dice) => [{ call: 'RunInstances', fault: 'quota', probability: share(dice, 20, 60) }],
  (dice) => [{ call: '*', fault: 'denied', probability: share(dice, 5, 20) }],
  (dice) => [{ call: '*', fault: 'expired', probability: share(dice, 10, 40) }],
  (dice) => [{ call: '*', fault: 'server-error', probability: share(dice, 10, 40) }],
  (dice) => [{ call: '*', fault: 'slow', ms: dice.between(100, 1_500), probability: share(dice, 20, 60) }],
  (dice) => [{ call: '*', fault: 'hang', probability: share(dice, 1, 4) }],
  (dice) => making({ fault: 'hang-after', probability: share(dice, 5, 20) }),
  (dice) => [{ call: '*', fault: 'cut-before', probability: share(dice, 10, 40) }],
  (dice) => making({ fault: 'cut-after', probability: share(dice, 30, 90) }),
  (dice) => [{ call: '*', fault: 'crash-before', probability: share(dice, 2, 8) }],
  (dice) => making({ fault: 'crash-after', probability: share(dice, 20, 60) }),
  (dice) => making({ fault: 'malformed', probability: share(dice, 10, 50) }),
  (dice) => making({ fault: 'not-yet', ms: dice.between(300, 3_000), probability: share(dice, 30, 90) }),
  (dice) => [{ call: 'DeleteSecurityGroup', fault: 'in-use', probability: share(dice, 50, 100) }],
];

const share = (dice: Dice, low: number, high: number): number => dice.between(low, high) / 100;
const making = (rule: object): readonly Rule[] => MAKING.map((call) => ({ ...rule, call }) as Rule);

const FIRST_MS = 2_000;

export function planWeather(seed: string, attackMs: number): PlannedWeather[] {
  const dice = new Dice(seed, 'weather');
  const faults = dice.bag(FAULTS);
  const windows: PlannedWeather[] = [];
  for (let atMs = FIRST_MS; atMs < attackMs; ) {
    const forMs = Math.min(dice.between(4_000, 12_000), attackMs - atMs);
    const rules = Array.from({ length: dice.between(1, 2) }, () => faults.next().value(dice));
    windows.push({ atMs, forMs, faults: rules.flat() });
    atMs += forMs + dice.between(500, 5_000);
  }
  return windows;
}
