/** How the world of a simulation is. Times are milliseconds. */
export interface SimulationSettings {
  /** How often scaling looks. */
  readonly every: number;
  /** From a node’s request to its going into service, or to the failure of its create. */
  readonly createTime: number;
  readonly destroyTime: number;
  /** How many of the creates fail, from 0 to 1. */
  readonly failRate: number;
  /** How long a client stays, on average; null: for as long as the load is not falling. */
  readonly visit: number | null;
  /** Numbers that nodes report of themselves, by name, as expressions over `connections`. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly seed: number;
}

export const SIMULATION_DEFAULTS: SimulationSettings = {
  every: 4_000,
  createTime: 90_000,
  destroyTime: 30_000,
  failRate: 0,
  visit: 600_000,
  metrics: {},
  seed: 1,
};
