/** What a configuration of vitest needs for the search. */
export const LEAK_SEARCH = {
  globalSetup: ['test/support/leaks/run.ts'],
  setupFiles: ['test/support/leaks/listen.ts'],
};
