/** Fills a state store with nodes, each by the writes that a node has behind it. */
import type { IdentifiedRequest, NodeStore } from '../src/store/store.js';

/** Calls in flight while nodes are made. */
const CONCURRENCY = 200;
export const GROUPS = 4;
/** One node in so many is INSERVICE, the others wait in REQUESTED. */
export const INSERVICE_EVERY = 10;

export const nodeRequest = (id: string, number: number): IdentifiedRequest => ({
  id,
  group: `group-${number % GROUPS}`,
  role: 'edge',
  stack: 'local-node',
  inputs: { region: 'eu-central-1', size: number },
});
const isInService = (number: number): boolean => number % INSERVICE_EVERY === 0;

async function makeNode(store: NodeStore, number: number): Promise<void> {
  const id = `n${number}`;
  await store.create(nodeRequest(id, number), { actor: 'producer' });
  if (isInService(number)) await putIntoService(store, id);
}

/** Moves a REQUESTED node on, as a worker and the node itself would. */
export async function putIntoService(store: NodeStore, id: string): Promise<void> {
  const claim = { epoch: 1, holder: 'bench' };
  await store.begin(id, { operation: 'create', holder: claim.holder, leaseMs: 60_000 });
  await store.transition(id, {
    to: 'CREATED',
    actor: 'terraform',
    epoch: claim.epoch,
    outputs: { port: 80 },
  });
  await store.release(id, claim);
  await store.transition(id, { to: 'STARTED', actor: 'node' });
  await store.transition(id, { to: 'INSERVICE', actor: 'node' });
}

/** Nodes `n0` to `n<size - 1>`. */
export const populate = (store: NodeStore, size: number, signal: AbortSignal): Promise<void> =>
  forEach(size, signal, (number) => makeNode(store, number));

/** Does it for 0 to `size - 1`, many at once. */
export async function forEach(
  size: number,
  signal: AbortSignal,
  make: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < size; number = next++) {
      signal.throwIfAborted();
      await make(number);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
