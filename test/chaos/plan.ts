/** The plan of a chaos run: data, which follows from the request alone. The same seed gives the same plan, on any machine. */
import { type PlannedAttack, planAttacks } from './plan/attacks.js';
import { type PlannedNode, planNodes } from './plan/nodes.js';
import { type PlannedWeather, planWeather } from './plan/weather.js';

export interface ChaosRequest {
  readonly nodes: number;
  /** Of attack; the healing comes on top. */
  readonly minutes: number;
  readonly workers: number;
  readonly seed: string;
}

export interface Plan extends ChaosRequest {
  readonly attackMs: number;
  readonly requests: readonly PlannedNode[];
  readonly attacks: readonly PlannedAttack[];
  readonly weather: readonly PlannedWeather[];
}

export function makePlan(request: ChaosRequest): Plan {
  const attackMs = Math.round(request.minutes * 60_000);
  return {
    ...request,
    attackMs,
    requests: planNodes(request.seed, request.nodes, attackMs),
    attacks: planAttacks(request.seed, attackMs),
    weather: planWeather(request.seed, attackMs),
  };
}
