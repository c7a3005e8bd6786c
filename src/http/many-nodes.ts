/**
 * Many nodes asked for at once. Everything that can be known beforehand is checked for all of them before the first is asked
 * for. Then each is asked for by itself, and what became of each is told: nothing half done is silent.
 */
import { type By, type NodeyardClient, newNodeId, type Requested } from '../client.js';
import { NodeyardError } from '../errors.js';
import type { ValidNodeRequest } from '../node/request.js';
import type { Stacks } from './parts.js';

const AT_ONCE = 16;
/** A key with its index is a name, of at most 63 characters. */
const LONGEST_KEY = 59;

export type Refused = {
  readonly error: Pick<NodeyardError, 'code' | 'message' | 'mend'> & { readonly field?: string };
};
export type Result = Requested | Refused;
export type IdentifiedRequest = ValidNodeRequest & { readonly id: string };

/** Gives a request an id, and the idempotency key of the header where it has none of its own. Throws INVALID_INPUT. */
export function identified(request: ValidNodeRequest, key: string | undefined): IdentifiedRequest {
  const id = request.id ?? newNodeId();
  if (key === undefined) return { ...request, id };
  if (request.requestId !== undefined && request.requestId !== key) {
    throw refuseKey('must not differ from the requestId of the body: send one of them');
  }
  return { ...request, id, requestId: key };
}

/** The same for many, each with a key of its own: `<key>.<index>`. */
export function allIdentified(
  requests: readonly ValidNodeRequest[],
  key: string | undefined,
): readonly IdentifiedRequest[] {
  if (key !== undefined && key.length > LONGEST_KEY) {
    throw refuseKey(`must be at most ${LONGEST_KEY} characters long for many nodes`);
  }
  return requests.map((request, index) => identified(request, key && `${key}.${index}`));
}

const refuseKey = (message: string): NodeyardError =>
  new NodeyardError('INVALID_INPUT', `Idempotency-Key: ${message}`, { field: 'Idempotency-Key' });

/**
 * Answers in the order of the requests. Throws INVALID_INPUT and UNKNOWN_STACK, with the field, before anything is done; and
 * REDIS_UNAVAILABLE when it kept every one of them.
 */
export async function requestMany(
  { client, stacks }: { readonly client: Pick<NodeyardClient, 'requestNode'>; readonly stacks: Stacks },
  requests: readonly IdentifiedRequest[],
  by: By,
): Promise<readonly Result[]> {
  requests.forEach(({ stack, inputs }, index) => {
    within(`nodes[${index}]`, () => stacks.check(stack, inputs));
  });
  const results = new Array<Result>(requests.length);
  const queue = requests.entries();
  const lane = async (): Promise<void> => {
    for (const [index, request] of queue) {
      results[index] = await client
        .requestNode(request, by)
        .catch((error: unknown) => refusedFor(error, index));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, requests.length) }, lane));
  const isAway = (result: Result): boolean => 'error' in result && result.error.code === 'REDIS_UNAVAILABLE';
  if (results.every(isAway)) {
    throw new NodeyardError('REDIS_UNAVAILABLE', 'Redis does not answer', {
      cause: new Error('for any of the nodes'),
    });
  }
  return results;
}

/** How the audit trail names them. */
export function auditTargetOf(results: readonly Result[]): string {
  const ids = results.flatMap((result) => ('node' in result ? [result.node.id] : []));
  return `${ids.length} of ${results.length} nodes: ${ids.join(' ')}`;
}

function refusedFor(error: unknown, index: number): Refused {
  if (!(error instanceof NodeyardError)) throw error;
  const { code, message, mend, field } = error;
  return {
    error: { code, message, mend, ...(field === undefined ? {} : { field: `nodes[${index}].${field}` }) },
  };
}

function within(place: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof NodeyardError)) throw error;
    const field = error.field === undefined ? place : `${place}.${error.field}`;
    throw new NodeyardError(error.code, `${place}: ${error.message}`, { field, cause: error });
  }
}
