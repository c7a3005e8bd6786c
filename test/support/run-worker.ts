/**
 * A worker process that can be killed: `node --import tsx run-worker.ts <binary> <directory> <run id> <data dir>`. It prints the type
 * of every message, one per line, stops the run when it reads a line, and says `stopped` then.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { silentLog } from '../../src/log.js';
import { applyArgs } from '../../src/terraform/args.js';
import { childEnv } from '../../src/terraform/env.js';
import { startRun } from '../../src/terraform/start.js';

const [binary = '', cwd = '', runId = '', dataDir = ''] = process.argv.slice(2);
const run = startRun({
  binary,
  args: applyArgs({ parallelism: 10 }),
  cwd,
  env: childEnv({ env: process.env, runId, dataDir }),
  files: { log: join(cwd, 'log'), stderr: join(cwd, 'err'), pid: join(cwd, 'pid'), exit: join(cwd, 'exit') },
  graceMs: 60_000,
  onMessage: (message) => process.stdout.write(`${message.type}\n`),
  log: silentLog,
});
createInterface({ input: process.stdin }).on('line', () => {
  run.stop('shutdown');
  process.stdout.write('stopped\n');
});
