import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorker } from '../../workers/worker.js';
import { Yard } from '../support/yard.js';

let yard: Yard;
beforeEach(async () => {
  yard = await Yard.open();
});
afterEach(async () => {
  await yard.close();
});

test('a process runs one worker on a data directory, and the next when the first has stopped', async () => {
  await yard.startWorker();
  await expect(startWorker(yard.app)).rejects.toMatchObject({ code: 'CONFIG_INVALID', field: 'dataDir' });
  await yard.stopWorker();
  await yard.startWorker();
});

test('a worker that could not start leaves room for the next', async () => {
  const { app } = yard;
  const broken = { ...app, config: { ...app.config, stacks: ['/nowhere/stack.mjs'] } };
  await expect(startWorker(broken)).rejects.toMatchObject({ code: 'CONFIG_INVALID', field: 'stacks' });
  await yard.startWorker();
});
