/**
 * Starts the process of a local node and waits until it is healthy. Run by Terraform when it creates `process`; may be
 * run again for the same token after a failure or a kill, and then begins anew.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localFiles, makeDirectory } from './files.mjs';
import { parameter } from './parameters.mjs';
import { endProcessesWith, tokenArgument } from './processes.mjs';

const token = parameter('TOKEN');
const directory = parameter('DIR');
const files = localFiles(directory, token);
const directoryArgument = `--nodeyard-directory=${directory}`;

makeDirectory(directory);
await endProcessesWith(tokenArgument(token));
// One node, one process: what still runs for this directory lost its claim with a state that was never stored.
await endProcessesWith(directoryArgument);
if (existsSync(files.ended)) {
  process.stderr.write('the node is being destroyed: nothing is started\n');
  process.exitCode = 1;
} else {
  process.exitCode = await startServer();
}

/** @returns {Promise<number>} the exit status for Terraform */
function startServer() {
  const log = openSync(files.log, 'a', 0o600);
  const server = spawn(
    process.execPath,
    [fileURLToPath(new URL('./server.mjs', import.meta.url)), tokenArgument(token), directoryArgument],
    {
      detached: true,
      // Not the run’s directory, which is removed after the run.
      cwd: parse(process.execPath).root,
      stdio: ['ignore', log, log, 'ipc'],
      // Only this: with the run’s variables it would be taken for a part of the run and ended with it, and credentials
      // are none of its business.
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => name.startsWith('NODEYARD_LOCAL_')),
      ),
    },
  );
  closeSync(log);
  return new Promise((resolve) => {
    server.once('error', (error) => {
      process.stderr.write(`the process cannot be started: ${error.message}\n`);
      resolve(1);
    });
    server.once('exit', () => {
      process.stderr.write(`the process ended before it was healthy: ${lastLines(files.log)}\n`);
      resolve(1);
    });
    server.once('message', (address) => {
      process.stdout.write(`healthy at ${String(address)}\n`);
      server.removeAllListeners('exit');
      server.disconnect();
      server.unref();
      resolve(0);
    });
  });
}

/** @param {string} path */
function lastLines(path) {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  } catch {
    return 'it left no log';
  }
}
