import { describe, expect, it } from 'vitest';
import { NODE_STATES } from '../../src/node/lifecycle.js';
import {
  entering,
  FIRST_STATE,
  retrySourcesOf,
  settledStates,
  sourcesOf,
} from '../../src/store/lifecycle-arguments.js';

describe('what the scripts are told of the lifecycle', () => {
  it('names the states that an actor may leave, with what must be true besides', () => {
    expect(sourcesOf('CREATING', 'terraform')).toEqual({
      REQUESTED: {},
      FAILED: { failureOperation: 'create' },
    });
    expect(sourcesOf('INSERVICE', 'operator')).toEqual({
      SOFT_SUNSET: {},
      FAILED: { createSucceeded: '1', doomed: '' },
    });
    expect(sourcesOf('CREATED', 'operator')).toEqual({});
  });

  it('has no source for a state in which nodes only begin', () => {
    expect(FIRST_STATE).toBe('REQUESTED');
    expect(sourcesOf('REQUESTED', 'producer')).toEqual({});
  });

  it('lets a retry begin where the operation does not begin of itself', () => {
    expect(retrySourcesOf('create')).toEqual({ FAILED: { failureOperation: 'create' } });
    expect(retrySourcesOf('destroy')).toEqual({});
  });

  it('takes a fenced report as fulfilled only where the actor may report it at all', () => {
    expect(settledStates('CREATED', 'terraform', true)).toEqual(['CREATED']);
    expect(settledStates('CREATED', 'operator', true)).toEqual([]);
    expect(settledStates('INSERVICE', 'operator', false)).toEqual([]);
  });

  it('takes a destruction as asked for while it is at work', () => {
    for (const fenced of [true, false])
      expect(settledStates('DESTRUCTION_REQUESTED', 'operator', fenced)).toEqual([
        'DESTRUCTION_REQUESTED',
        'DESTROYING',
      ]);
    expect(settledStates('DESTRUCTION_REQUESTED', 'node', false)).toEqual([]);
  });

  it('makes a tombstone of the terminal state only', () => {
    expect(NODE_STATES.filter((state) => entering(state).tombstone)).toEqual(['DESTROYED']);
  });
});
