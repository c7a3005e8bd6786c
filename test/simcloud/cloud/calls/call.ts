/** The form of a call: reads its input, changes the world, gives its output or throws a CloudRefusal. */
import type { Identity, Sessions } from '../sessions.js';
import type { World } from '../world.js';

export interface CallContext {
  /** Of the caller’s account. */
  readonly world: World;
  readonly identity: Identity;
  readonly sessions: Sessions;
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export type Call = (context: CallContext) => object;
export type Calls = Readonly<Record<string, Call>>;

/** Inputs come from our own provider; the types of api.ts hold. */
export const inputOf = <T>({ input }: CallContext): T => input as T;

/** Without what is undefined, which would otherwise take the place of what was there. */
export const said = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
