/** Runs of Terraform for tests: a directory each, their messages as events, and a check that nothing is left. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../src/log.js';
import { applyArgs } from '../../src/terraform/args.js';
import { childEnv } from '../../src/terraform/env.js';
import type { TerraformMessage } from '../../src/terraform/messages.js';
import { findRunProcesses } from '../../src/terraform/processes.js';
import { type RunOptions, startRun, type TerraformRun } from '../../src/terraform/start.js';

export const FAKE_TERRAFORM = fileURLToPath(new URL('./fake-terraform.mjs', import.meta.url));

export interface TestDirectory {
  readonly path: string;
  readonly runId: string;
  readonly files: RunOptions['files'];
  /** Content of a file in it; empty when there is none. */
  read(name: string): string;
  write(name: string, content: string | object): void;
  options(binary: string, more?: Partial<RunOptions>): RunOptions;
}

/** Directories of one test file; `close` fails when a process of a run is left and removes everything. */
export class TestRuns {
  readonly root = mkdtempSync(join(tmpdir(), 'ny-tf-'));
  readonly #runIds: string[] = [];

  directory(): TestDirectory {
    const runId = `test-${process.pid}-${this.#runIds.length}-${Date.now()}`;
    this.#runIds.push(runId);
    const path = join(this.root, runId);
    const dataDir = join(this.root, `${runId}.data`);
    mkdirSync(path);
    mkdirSync(dataDir);
    const inside = (name: string) => join(path, name);
    const files = { log: inside('log'), stderr: inside('err'), pid: inside('pid'), exit: inside('exit') };
    return {
      path,
      runId,
      files,
      read: (name) => (existsSync(inside(name)) ? readFileSync(inside(name), 'utf8') : ''),
      write: (name, content) =>
        writeFileSync(inside(name), typeof content === 'string' ? content : JSON.stringify(content)),
      options: (binary, more = {}) => ({
        binary,
        args: applyArgs({ parallelism: 10 }),
        cwd: path,
        env: childEnv({ env: process.env, runId, dataDir }),
        files,
        graceMs: 30_000,
        log: silentLog,
        ...more,
      }),
    };
  }

  /** Pids that still carry the mark of any run of these; empty is right. */
  async left(): Promise<number[]> {
    return (await Promise.all(this.#runIds.map(findRunProcesses))).flat();
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface ObservedRun extends TerraformRun {
  /** Resolves with the first message, past or to come, that fits; rejects when the run ends without one. */
  message(fits: (message: TerraformMessage) => boolean): Promise<TerraformMessage>;
}

export function observe(options: RunOptions): ObservedRun {
  const seen: TerraformMessage[] = [];
  const waiting = new Set<() => void>();
  const run = startRun({
    ...options,
    onMessage: (message, progress) => {
      seen.push(message);
      options.onMessage?.(message, progress);
      for (const look of waiting) look();
    },
  });
  return {
    pid: run.pid,
    stop: (reason) => run.stop(reason),
    result: run.result,
    message: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = seen.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        run.result.then(
          ({ lastLines }) => reject(new Error(`the run ended without it: ${lastLines.join('\n')}`)),
          reject,
        );
      }),
  };
}
