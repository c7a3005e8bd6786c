/** The entry: the real process around `run`. It sets the exit status. */
import { processIo } from './process-io.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), processIo());
