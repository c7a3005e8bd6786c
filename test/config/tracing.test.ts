import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';

const tracingOf = (env: Record<string, string>) => loadConfig({ env, cwd: '/' }).tracing;

it('traces are off unless there is somewhere to send them', () => {
  expect(tracingOf({})).toEqual({ sample: 1, serviceName: 'nodeyard' });
  expect(
    tracingOf({
      NODEYARD_TRACING_ENDPOINT: 'http://collector:4318',
      NODEYARD_TRACING_SAMPLE: '0.05',
      NODEYARD_TRACING_SERVICE_NAME: 'yard-eu',
    }),
  ).toEqual({ endpoint: 'http://collector:4318', sample: 0.05, serviceName: 'yard-eu' });
});

it.each([
  ['NODEYARD_TRACING_ENDPOINT', 'collector:4318'],
  ['NODEYARD_TRACING_ENDPOINT', 'http://me:secret@collector:4318'],
  ['NODEYARD_TRACING_ENDPOINT', 'http://collector:4318/?key=secret'],
  ['NODEYARD_TRACING_SAMPLE', '2'],
  ['NODEYARD_TRACING_SAMPLE', 'all'],
  ['NODEYARD_TRACING_SERVICE_NAME', 'a b'],
])('%s is refused as %s', (name, value) => {
  expect(() => tracingOf({ [name]: value })).toThrow(name);
});
