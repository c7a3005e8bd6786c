/**
 * One Terraform run of an operation: a directory, a process, its state brought home. Whatever happens on the way, the
 * directory is removed only when its last state is stored; otherwise it stays for recovery.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { type DiagnosticSummary, type ErrorCode, NodeyardError } from '../errors.js';
import type { Phase } from '../node/record.js';
import { createHarvester, type Harvester } from '../state/harvest.js';
import { currentOwner } from '../state/owner.js';
import { recoverDirectory } from '../state/recover-directory.js';
import type { SaveResult } from '../state/repository.js';
import { createRunDirectory, type RunDirectory } from '../state/run-directory.js';
import { applyArgs, applyPlanArgs, destroyArgs, planArgs } from '../terraform/args.js';
import type { Bundle, ProviderRequirements } from '../terraform/bundle.js';
import { classify, succeeded } from '../terraform/diagnostics.js';
import { childEnv } from '../terraform/env.js';
import { endedByItself } from '../terraform/exit-file.js';
import { findUnaskedLosses } from '../terraform/plan-guard.js';
import type { RunFiles } from '../terraform/run.js';
import { type RunResult, startRun } from '../terraform/start.js';
import { archiveLogs } from './archive.js';
import type { OperationDependencies } from './dependencies.js';
import { createRunObserver, type RunObserver } from './observe.js';
import type { Session, StopReason } from './session.js';

/**
 * `create`: nothing exists yet. `recreate`: something does, so the plan is looked at before it is applied.
 * `destroy-blind`: without looking at the real resources first, for when that is what fails.
 */
export type RunKind = 'create' | 'recreate' | 'destroy' | 'destroy-blind';

export interface RunRequest {
  readonly kind: RunKind;
  readonly phase: Phase;
  /** Text of cdk.tf.json. */
  readonly configuration: string;
  readonly providers: ProviderRequirements;
  /** The state to start from; absent = empty. */
  readonly document?: Uint8Array;
  /** Where the state goes. */
  readonly save: (document: Uint8Array, sequence: number) => Promise<SaveResult>;
}

export interface RunFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly diagnostics: readonly DiagnosticSummary[];
}

export interface RunReport {
  /** Absent when Terraform did all that was asked. */
  readonly failure?: RunFailure;
  /** Terraform began to change things: a failure before that changed nothing. */
  readonly began: boolean;
  /** Resources whose operation failed. */
  readonly errored: readonly string[];
  /** By Terraform’s names. */
  readonly outputs: RunResult['outputs'];
  /** The state as the run left it; absent when it never wrote one. */
  readonly document?: Uint8Array;
}

/** Throws only for what is wrong before a process starts, or with the disk. */
export async function runTerraform(
  dependencies: OperationDependencies,
  session: Session,
  request: RunRequest,
): Promise<RunReport> {
  if (session.stopReason !== undefined) return notStarted(session.stopReason);
  session.report({ phase: request.phase, done: 0, total: 0 });
  const bundle = await dependencies.bundles.acquire(request.providers);
  const runId = randomUUID();
  return dependencies.recovery.protect(runId, async () => {
    const directory = await prepareDirectory(dependencies, session, request, { runId, bundle });
    const harvester = createHarvester({
      statePath: directory.state,
      goodPath: directory.goodState,
      firstSequence: session.nextFirstSequence(),
      ...(request.document === undefined ? {} : { initial: request.document }),
      save: request.save,
      log: session.log,
    });
    const observer = createRunObserver(session, request.phase, () => harvester.touch());
    const result = await runSteps(dependencies, session, request, { directory, bundle, observer });
    const home = await bringHome(session, request, { directory, harvester, result });
    if (home.stored) {
      await archiveLogs(directory, dependencies.directories.logs, dependencies.redact);
      await directory.remove();
    }
    const failure = result.unaskedLosses ?? failureOf(result, session);
    if (failure?.code === 'BUNDLE') await dependencies.bundles.invalidate(bundle);
    return {
      ...(failure === undefined ? {} : { failure }),
      began: observer.began,
      errored: observer.errored,
      outputs: result.outputs,
      ...(home.bytes === undefined ? {} : { document: home.bytes }),
    };
  });
}

const notStarted = (reason: StopReason): RunReport => ({
  failure: { code: STOP_CODES[reason], message: 'stopped before Terraform was started', diagnostics: [] },
  began: false,
  errored: [],
  outputs: {},
});

const STOP_CODES: Readonly<Record<StopReason, ErrorCode>> = {
  cancelled: 'CANCELLED',
  shutdown: 'SHUTDOWN',
  'lease-lost': 'LEASE_LOST',
};

interface Place {
  readonly directory: RunDirectory;
  readonly bundle: Bundle;
  readonly observer: RunObserver;
}

async function prepareDirectory(
  { directories }: OperationDependencies,
  session: Session,
  request: RunRequest,
  { runId, bundle }: { readonly runId: string; readonly bundle: Bundle },
): Promise<RunDirectory> {
  const { node, epoch, holder, operation, job } = session;
  const directory = await createRunDirectory(directories.runs, {
    version: 1,
    runId,
    operation,
    members: [{ nodeId: node.id, epoch, holder }],
    ...(job === undefined ? {} : { job }),
    owner: currentOwner(),
    createdAt: Date.now(),
  });
  const mode = 0o600;
  await writeFile(directory.configuration, request.configuration, { mode });
  if (bundle.lockFile !== undefined) await copyFile(bundle.lockFile, directory.lockFile);
  if (request.document !== undefined) await writeFile(directory.state, request.document, { mode });
  return directory;
}

type StepResult = RunResult & { readonly unaskedLosses?: RunFailure };

/** One process, or two where a plan has to be looked at before it is applied. */
async function runSteps(
  dependencies: OperationDependencies,
  session: Session,
  { kind }: RunRequest,
  { directory, bundle, observer }: Place,
): Promise<StepResult> {
  const { terraform, settings, env, redact } = dependencies;
  const { parallelism, graceMs, timeoutMs, maxLogBytes, passEnv } = settings.terraform;
  const step = (
    args: readonly string[],
    files: RunFiles,
    onMessage: RunObserver['onMessage'],
  ): Promise<RunResult> => {
    const run = startRun({
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
    return session.whileRunning((reason) => run.stop(reason), run.result);
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

/** The last state, marked where a kill left something half done, and stored. */
async function bringHome(
  session: Session,
  { save }: RunRequest,
  { directory, harvester, result }: { directory: RunDirectory; harvester: Harvester; result: RunResult },
): Promise<{ readonly stored: boolean; readonly bytes?: Uint8Array }> {
  const harvest = await harvester.finish(session.abandon);
  const harvested = harvest.document === undefined ? {} : { bytes: harvest.document };
  const whole = endedByItself(result) && !harvest.torn;
  // What could not be stored stays in its directory, and its recovery does the rest.
  if (whole || !harvest.stored) return { stored: harvest.stored, ...harvested };
  const stored = harvest.document === undefined ? {} : { stored: harvest.document };
  const { document, tainted, unrecorded } = await recoverDirectory(directory, stored);
  session.log.warn({ tainted, unrecorded }, 'Terraform was killed; what it had in flight will be replaced');
  if (document === undefined) return { stored: true };
  await save(document, session.nextFirstSequence());
  return { stored: true, bytes: document };
}

function failureOf(result: RunResult, session: Session): RunFailure | undefined {
  // Terraform may finish its work although it was told to stop: what is done is done.
  if (succeeded(result)) return undefined;
  return classify({ result, operation: session.operation });
}

/** What was thrown before a process started, as a failure of the operation. */
export function failureOfError(error: unknown): RunFailure {
  if (error instanceof NodeyardError) {
    return { code: error.code, message: error.message, diagnostics: error.diagnostics };
  }
  return {
    code: 'UNKNOWN',
    message: error instanceof Error ? error.message : String(error),
    diagnostics: [],
  };
}
