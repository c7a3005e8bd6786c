/** Whether a run is sure of all that it made: everything else is asked of the cloud. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.js';
import { isSureOfAll, type RunEnding } from '../../src/operations/run-sure.js';
import { stateWith } from '../state/support/documents.js';

const failure = { code: 'NETWORK', message: 'connection reset', diagnostics: [] } as const;
const home = { stored: true, whole: true, document: stateWith('a') };
const create: RunEnding = {
  request: { kind: 'create' },
  home,
  observer: { began: true, deleted: [] },
  result: {},
  failure: undefined,
};
const sure = (more: Partial<RunEnding>) => isSureOfAll({ log: silentLog }, { ...create, ...more });
const nothingBegun = { began: false, deleted: [] };

describe('a create is sure of what it made when', () => {
  test('it did all that was asked, and its state is stored', () => {
    expect(sure({})).toBe(true);
  });
  test('it failed before it had begun anything', () => {
    expect(sure({ failure, observer: nothingBegun })).toBe(true);
  });
});

describe('a create is not sure when', () => {
  test.each<[string, Partial<RunEnding>]>([
    ['it failed after it had begun', { failure }],
    ['Terraform was killed', { failure, home: { ...home, whole: false } }],
    [
      'Terraform was killed, as far as its log goes before it began',
      { failure, home: { ...home, whole: false }, observer: nothingBegun },
    ],
    [
      'it was stopped, and its log may not tell all',
      { failure, observer: nothingBegun, result: { stopped: 'log-limit' } },
    ],
    ['its state is not stored', { home: { ...home, stored: false } }],
    [
      'a refresh did not find what the state held',
      { request: { kind: 'recreate', document: stateWith('a', 'b') } },
    ],
  ])('%s', (_, ending) => {
    expect(sure(ending)).toBe(false);
  });
});

describe('a destroy, which makes nothing,', () => {
  const document = stateWith('a', 'b');
  const destroy = { kind: 'destroy', document } as const;
  test('is sure however it ends, as long as its state is stored', () => {
    const killed = { failure, home: { ...home, whole: false, document } };
    expect(sure({ request: destroy, ...killed })).toBe(true);
    expect(sure({ request: destroy, observer: { began: true, deleted: ['terraform_data.b'] } })).toBe(true);
    expect(sure({ request: destroy, home: { ...home, stored: false } })).toBe(false);
  });
  test('is not sure of what it did not find', () => {
    expect(sure({ request: destroy })).toBe(false);
    expect(sure({ request: { ...destroy, kind: 'destroy-blind' } })).toBe(false);
  });
});
