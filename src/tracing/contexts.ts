/** Which span is open around a piece of work: kept with the calls themselves, and not for the whole process. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';

export interface Contexts {
  active(): Context;
  with<T>(context: Context, work: () => T): T;
}

export function createContexts(): Contexts {
  const storage = new AsyncLocalStorage<Context>();
  return {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, work) => storage.run(context, work),
  };
}
