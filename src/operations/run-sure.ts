/**
 * Whether a run is sure of all that it made: that every resource it may have made stands in its stored state. Between the making of
 * a resource and Terraform’s writing it down, anything can end: the answer of the cloud, the provider, Terraform, the machine.
 */
import { lostBetween } from '../state/lost.js';
import type { RunResult } from '../terraform/start.js';
import type { BroughtHome } from './bring-home.js';
import type { RunObserver } from './observe.js';
import type { RunFailure } from './run-failure.js';
import type { RunSession } from './run-session.js';
import type { RunKind } from './terraform-steps.js';

export interface RunEnding {
  readonly request: { readonly kind: RunKind; readonly document?: Uint8Array };
  readonly home: BroughtHome;
  readonly observer: Pick<RunObserver, 'began' | 'deleted'>;
  readonly result: Pick<RunResult, 'stopped'>;
  readonly failure: RunFailure | undefined;
}

export function isSureOfAll(session: Pick<RunSession, 'log'>, ending: RunEnding): boolean {
  const { request, home, observer } = ending;
  if (!home.stored || !(makesNothing(request.kind) || isSureOfMade(ending))) return false;
  if (request.document === undefined || home.document === undefined) return true;
  const lost = lostBetween(request.document, home.document, observer.deleted);
  if (lost.length > 0) session.log.warn({ lost }, 'gone from the state, and deleted by nobody');
  return lost.length === 0;
}

/** It did all that was asked, or it failed before it had begun anything. */
function isSureOfMade({ home, observer, result, failure }: RunEnding): boolean {
  return home.whole && (failure === undefined || (!observer.began && result.stopped === undefined));
}

const makesNothing = (kind: RunKind): boolean => kind === 'destroy' || kind === 'destroy-blind';
