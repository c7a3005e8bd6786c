/** The environment of a rehearsal: nothing in it leads to a real cloud. */
import { DEFAULT_PASS_ENV, type Environment, namesLike } from '../terraform/env.js';
import type { SimulatedCloud } from './description.js';

/**
 * The worker’s environment with what the simulated cloud says, and without everything that a real cloud’s providers and
 * SDKs would read: a call that goes astray then has neither an address nor credentials.
 */
export function rehearsalEnv(env: Environment, { env: said }: Pick<SimulatedCloud, 'env'>): Environment {
  const isReal = namesLike(DEFAULT_PASS_ENV);
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !isReal(name))), ...said };
}
