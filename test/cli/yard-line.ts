/** The command line beside a yard: on its Redis and in its data directory. */
import type { Yard } from '../support/yard.js';
import type { Surroundings } from './command-line.js';

export const beside = (yard: Yard, more: Surroundings = {}): Surroundings => ({
  cwd: yard.dataDir,
  ...more,
  env: { ...yard.env, ...more.env },
});
