/** The Terraform processes of one run: one, or two where a plan has to be looked at before it is applied. */

import type { RunDirectory } from '../state/run-directory.js';
import { applyArgs, applyPlanArgs, destroyArgs, planArgs } from '../terraform/args.js';
import type { Bundle } from '../terraform/bundle.js';
import { succeeded } from '../terraform/diagnostics.js';
import { childEnv } from '../terraform/env.js';
import { findUnaskedLosses } from '../terraform/plan-guard.js';
import type { RunFiles } from '../terraform/run.js';
import type { RunResult } from '../terraform/start.js';
import type { OperationDependencies } from './dependencies.js';
import type { RunObserver } from './observe.js';
import type { RunFailure } from './run-failure.js';
import type { RunSession } from './run-session.js';
import { factsOf } from './span-facts.js';

/**
 * `create`: nothing exists yet. `recreate`: something does, so the plan is looked at before it is applied.
 * `destroy-blind`: without looking at the real resources first, for when that is what fails.
 */
export type RunKind = 'create' | 'recreate' | 'destroy' | 'destroy-blind';

export interface StepsRequest {
  readonly kind: RunKind;
  readonly directory: RunDirectory;
  readonly bundle: Bundle;
  readonly observer: RunObserver;
}

export type StepResult = RunResult & { readonly unaskedLosses?: RunFailure };

export async function runSteps(
  dependencies: OperationDependencies,
  session: RunSession,
  { kind, directory, bundle, observer }: StepsRequest,
): Promise<StepResult> {
  const { machine, terraform, settings, env, redact, listener, tracing } = dependencies;
  const { parallelism, graceMs, timeoutMs, maxLogBytes, passEnv } = settings.terraform;
  const step = async (
    args: readonly string[],
    files: RunFiles,
    onMessage: RunObserver['onMessage'],
  ): Promise<RunResult> => {
    const run = machine.start({
      binary: terraform.path,
      args,
      cwd: directory.path,
      env: childEnv({
        env,
        passEnv,
        runId: directory.meta.runId,
        dataDir: bundle.dataDir,
        cliConfigFile: bundle.cliConfigFile,
      }),
      files,
      graceMs,
      timeoutMs,
      maxLogBytes,
      onMessage,
      redact,
      log: session.log,
    });
    const result = await tracing.span(
      'terraform',
      { ...factsOf(session), command: args[0] },
      async (span) => {
        const ended = await session.whileRunning((reason) => run.stop(reason), run.result);
        span.note({ exitCode: ended.exitCode });
        return ended;
      },
    );
    const { operation, stack } = session;
    listener.terraformEnded({ operation, stack, peakMemoryBytes: result.peakMemoryBytes });
    return result;
  };
  if (kind === 'create') return step(applyArgs({ parallelism }), directory, observer.onMessage);
  if (kind !== 'recreate') {
    return step(destroyArgs({ parallelism, refresh: kind === 'destroy' }), directory, observer.onMessage);
  }
  session.report({ phase: 'planning', done: 0, total: 0 });
  const plan = await step(planArgs({ parallelism, out: directory.plan }), directory.planFiles, () => {});
  if (!succeeded(plan)) return plan;
  const losses = findUnaskedLosses(plan.planned);
  if (losses.length > 0) return { ...plan, unaskedLosses: wouldDestroy(losses) };
  return step(applyPlanArgs({ parallelism, planFile: directory.plan }), directory, observer.onMessage);
}

const wouldDestroy = (addresses: readonly string[]): RunFailure => ({
  code: 'WOULD_DESTROY',
  message: `the plan would delete or replace ${addresses.join(', ')}, which nobody asked for`,
  diagnostics: [],
});
