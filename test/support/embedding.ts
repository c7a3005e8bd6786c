/**
 * A program that has a worker inside: `node --import tsx embedding.ts <patience in ms>`. It says `ready`, stops the worker
 * when it reads a line, says `stopped`, and then ends by itself, because nothing is left that could keep it.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { startWorker } from '../../workers/worker.js';

const config = loadConfig({ env: process.env, cwd: process.cwd() });
const app = await openApp({ config, env: process.env, temper: 'patient' });
const worker = await startWorker(app);
const lines = createInterface({ input: process.stdin });
process.stdout.write('ready\n');
await once(lines, 'line');
await worker.stop(Number(process.argv[2]));
await app.close();
lines.close();
process.stdin.destroy();
process.stdout.write('stopped\n');
