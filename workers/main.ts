/** The entry of a worker process: `nodeyard worker`, without the command line around it. */

import { openApp } from '../src/app.js';
import { loadConfig } from '../src/config.js';
import { startWorker } from './worker.js';

const config = loadConfig({ env: process.env, cwd: process.cwd() });
const app = await openApp({ config, env: process.env, temper: 'patient' });
const worker = await startWorker(app);
const end = (): void => {
  worker
    .stop()
    .then(() => app.close())
    .then(
      () => process.exit(0),
      (error: unknown) => {
        app.log.error({ error: String(error) }, 'not ended cleanly');
        process.exit(1);
      },
    );
};
process.once('SIGTERM', end);
process.once('SIGINT', end);
