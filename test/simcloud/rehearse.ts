/** The entry of `npm run rehearse`; docs/rehearsal.md is its guide. */
import { processIo } from '../../src/cli/process-io.js';
import { run } from '../../src/cli/run.js';
import { buildRehearse } from './rehearse/program.js';

process.exitCode = await run(process.argv.slice(2), processIo(), buildRehearse);
