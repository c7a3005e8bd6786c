import { defineConfig } from 'vitest/config';
import { LEAK_SEARCH } from './test/support/leaks/config.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/fixtures/**'],
    ...LEAK_SEARCH,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    // Real processes on a shared machine are sometimes late. What fails twice is broken; what passed only the second time is
    // marked as retried in the report, and is to be looked at.
    retry: process.env['CI'] === undefined ? 0 : 1,
  },
});
