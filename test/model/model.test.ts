/** The model in the size of `npm test`; `npm run model` walks a whole night. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { neverMet } from './coverage.js';
import { againOf, runModel } from './model.js';

const STEPS = 6_000;
const SEED = 1;

let server: TestRedis;
let redis: Redis;
let directory: string;
beforeAll(async () => {
  server = await startTestRedis(['--appendfsync', 'no']);
  redis = new Redis(server.socket);
  directory = mkdtempSync(join(tmpdir(), 'ny-model-'));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('the system', () => {
  it('keeps every promise, whatever dies, stalls, lies or comes twice, and comes to rest by itself', async () => {
    const { failure, coverage, steps } = await runModel({
      redis,
      directory,
      seed: SEED,
      steps: STEPS,
      shrinkMs: 30_000,
    });
    if (failure !== undefined)
      throw new Error(`${failure.walk}\n\n${failure.message}\n\n${againOf(failure)}`);
    expect(neverMet(coverage, steps)).toEqual([]);
  }, 300_000);

  it('walks the same way by the same seed', async () => {
    const walked = async (): Promise<string[]> => {
      const lines: string[] = [];
      const trace = (line: string): void => void lines.push(line);
      await runModel({ redis, directory, seed: SEED, steps: 300, shrinkMs: 0, trace });
      return lines;
    };
    expect(await walked()).toEqual(await walked());
  }, 120_000);
});
