/**
 * One Terraform run of an operation: a directory, a process, its state brought home. Whatever happens on the way, the
 * directory is removed only when its last state is stored; otherwise it stays for recovery.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { ERROR_KINDS } from '../errors.js';
import type { Phase } from '../node/record.js';
import { createHarvester } from '../state/harvest.js';
import type { SaveResult } from '../state/repository.js';
import { createRunDirectory, type RunDirectory } from '../state/run-directory.js';
import type { Bundle, ProviderRequirements } from '../terraform/bundle.js';
import { classify, succeeded } from '../terraform/diagnostics.js';
import type { RunResult } from '../terraform/start.js';
import { archiveLogs } from './archive.js';
import type { RunEnd } from './brake.js';
import { bringHome } from './bring-home.js';
import type { OperationDependencies } from './dependencies.js';
import { createRunObserver } from './observe.js';
import type { RunFailure } from './run-failure.js';
import type { RunSession } from './run-session.js';
import { STOP_CODES, type StopReason } from './run-stop.js';
import { isSureOfAll } from './run-sure.js';
import { factsOf } from './span-facts.js';
import { type RunKind, runSteps } from './terraform-steps.js';

export interface RunRequest {
  readonly kind: RunKind;
  readonly phase: Phase;
  /** Whose calls the run makes: what the brake counts by. */
  readonly account: string;
  /** Text of cdk.tf.json. */
  readonly configuration: string;
  readonly providers: ProviderRequirements;
  /** The state to start from; absent = empty. */
  readonly document?: Uint8Array;
  /** Where the state goes. */
  readonly save: (document: Uint8Array, sequence: number) => Promise<SaveResult>;
}

export interface RunReport {
  /** Absent when Terraform did all that was asked. */
  readonly failure?: RunFailure;
  /** Terraform began to change things: a failure before that changed nothing. */
  readonly began: boolean;
  /** Resources whose operation failed. */
  readonly errored: readonly string[];
  /** The document is in the repository; otherwise its directory waits for its recovery. */
  readonly stored: boolean;
  /** By Terraform’s names. */
  readonly outputs: RunResult['outputs'];
  /** The state as the run left it; absent when it never wrote one. */
  readonly document?: Uint8Array;
}

/** The last lines of a run that its job shows; the whole log is a file. */
const JOB_LOG_LINES = 20;

/** Throws only for what is wrong before a process starts, or with the disk. */
export async function runTerraform(
  dependencies: OperationDependencies,
  session: RunSession,
  request: RunRequest,
): Promise<RunReport> {
  if (session.stopReason !== undefined) return notStarted(session.stopReason);
  session.report({ phase: request.phase, done: 0, total: 0 });
  return dependencies.tracing.span('run', { ...factsOf(session), kind: request.kind }, async (span) => {
    const report = await runWithin(dependencies, session, request);
    span.note({ stored: report.stored, code: report.failure?.code });
    return report;
  });
}

async function runWithin(
  dependencies: OperationDependencies,
  session: RunSession,
  request: RunRequest,
): Promise<RunReport> {
  const bundle = await dependencies.bundles.acquire(request.providers);
  const runId = dependencies.newId();
  return dependencies.recovery.protect(runId, async () => {
    const directory = await prepareDirectory(dependencies, session, request, { runId, bundle });
    const save = keepingConfiguration(dependencies, session, request);
    const harvester = createHarvester({
      statePath: directory.state,
      goodPath: directory.goodState,
      firstSequence: session.nextFirstSequence(),
      ...(request.document === undefined ? {} : { initial: request.document }),
      save,
      log: session.log,
      timing: { wait: dependencies.timers.wait },
    });
    const observer = createRunObserver(session, request.phase, () => harvester.touch());
    let sure = false;
    try {
      const result = await dependencies.brake.during(
        request.account,
        () => runSteps(dependencies, session, { kind: request.kind, directory, bundle, observer }),
        (ended) => endOf(failureOf(ended, session)),
      );
      const failed = result.unaskedLosses ?? failureOf(result, session);
      session.logLines(result.lastLines.slice(-JOB_LOG_LINES));
      const home = await dependencies.tracing.span('harvest', factsOf(session), async (span) => {
        const brought = await bringHome(session, { directory, harvester, result, save });
        span.note({ stored: brought.stored });
        return brought;
      });
      const failure = failed ?? stateMissing(home.document);
      sure = isSureOfAll(session, { request, home, observer, result, failure });
      if (home.stored) {
        await archiveLogs(directory, dependencies.directories.logs, dependencies.redact);
        await directory.remove();
      }
      if (failure?.code === 'BUNDLE') await dependencies.bundles.invalidate(bundle);
      return {
        ...(failure === undefined ? {} : { failure }),
        began: observer.began,
        errored: observer.errored,
        stored: home.stored,
        outputs: result.outputs,
        ...(home.document === undefined ? {} : { document: home.document }),
      };
    } finally {
      if (!sure) session.noteUnsure();
    }
  });
}

/** What goes into quarantine outlives its node: the configuration that made it has to be beside it. */
function keepingConfiguration(
  { quarantine }: OperationDependencies,
  { nodeId, epoch, claim }: RunSession,
  { save, configuration }: RunRequest,
): RunRequest['save'] {
  return async (document, sequence) => {
    const result = await save(document, sequence);
    if (result === 'quarantined' && claim === undefined) {
      await quarantine.keepConfiguration({ nodeId, epoch }, configuration);
    }
    return result;
  };
}

const notStarted = (reason: StopReason): RunReport => ({
  failure: { code: STOP_CODES[reason], message: 'stopped before Terraform was started', diagnostics: [] },
  began: false,
  errored: [],
  stored: true,
  outputs: {},
});

function endOf(failure: RunFailure | undefined): RunEnd {
  if (failure === undefined) return 'succeeded';
  return ERROR_KINDS[failure.code].class === 'throttled' ? 'throttled' : 'other';
}

async function prepareDirectory(
  { directories, machine }: OperationDependencies,
  session: RunSession,
  request: RunRequest,
  { runId, bundle }: { readonly runId: string; readonly bundle: Bundle },
): Promise<RunDirectory> {
  const { nodeId, epoch, holder, claim, operation, job } = session;
  const directory = await createRunDirectory(directories.runs, {
    version: 1,
    runId,
    operation,
    members: [{ nodeId, epoch, holder }],
    ...(claim === undefined ? {} : { quarantine: { number: claim.number, base: claim.base } }),
    ...(job === undefined ? {} : { job }),
    owner: machine.self(),
    createdAt: Date.now(),
  });
  const mode = 0o600;
  await writeFile(directory.configuration, request.configuration, { mode });
  if (bundle.lockFile !== undefined) await copyFile(bundle.lockFile, directory.lockFile);
  if (request.document !== undefined) await writeFile(directory.state, request.document, { mode });
  return directory;
}

function failureOf(result: RunResult, session: RunSession): RunFailure | undefined {
  // Terraform may finish its work although it was told to stop: what is done is done.
  if (succeeded(result)) return undefined;
  return classify({ result, operation: session.operation });
}

/** Terraform writes a state even of nothing at all (seen with 1.11.4); without one, what it made could never be destroyed. */
function stateMissing(document: Uint8Array | undefined): RunFailure | undefined {
  if (document !== undefined) return undefined;
  const message = 'Terraform reported success, but left no whole state file';
  return { code: 'STATE_MISSING', message, diagnostics: [] };
}
