/** A transition as its script wants it told. */
import { NodeyardError } from '../errors.js';
import { isTerminal, type NodeState } from '../node/lifecycle.js';
import { entering, settledStates, sourcesOf } from './lifecycle-arguments.js';
import type { TransitionAsk } from './scripts/transition.js';
import type { TransitionRequest } from './store.js';
import { boundFailure, boundOptional } from './text-bounds.js';

/** Throws INVALID_INPUT that names the field which is missing or out of place. */
export function transitionDetails(
  request: TransitionRequest,
): Omit<TransitionAsk, 'now' | 'retention' | 'destroyRetry'> {
  checkShape(request);
  const { to, actor, expected, epoch, outputs, fences } = request;
  const failure = request.failure && boundFailure(request.failure);
  const failureJson = failure && JSON.stringify(failure);
  const effects = entering(to);
  return {
    to,
    actor,
    reason: boundOptional(request.reason),
    sources: sourcesOf(to, actor),
    settled: asSet(settledStates(to, actor, epoch !== undefined)),
    expected: expected && asSet(expected),
    epoch,
    fences,
    failure: failureJson,
    entering: {
      ...effects,
      set: {
        ...effects.set,
        ...(outputs && { outputs: JSON.stringify(outputs) }),
        ...(failure && failureJson && { failure: failureJson, failureOperation: failure.operation }),
      },
    },
  };
}

function checkShape({ to, actor, epoch, failure, outputs }: TransitionRequest): void {
  const refuse = (field: string, why: string): never => {
    throw new NodeyardError('INVALID_INPUT', `${field}: ${why}`, { field });
  };
  if (actor === 'terraform' && epoch === undefined)
    refuse('epoch', 'a run must name the epoch that it holds');
  if (to === 'FAILED' && failure === undefined) refuse('failure', 'FAILED must say why');
  if (to !== 'FAILED' && failure !== undefined) refuse('failure', `belongs to FAILED, not to ${to}`);
  if (isTerminal(to) && outputs !== undefined) refuse('outputs', `a node that is ${to} has none`);
}

const asSet = (states: readonly NodeState[]): Readonly<Record<string, true>> =>
  Object.fromEntries(states.map((state) => [state, true]));
