import { describe, expect, it } from 'vitest';
import { lostBetween } from '../../src/state/lost.js';
import { bytesOf, stateText, stateWith } from './support/documents.js';

describe('what a run has lost sight of', () => {
  it('is what stood in the document before it, not after it, and was deleted by nobody', () => {
    expect(lostBetween(stateWith('a', 'b', 'c'), stateWith('a'), ['terraform_data.b'])).toEqual([
      'terraform_data.c',
    ]);
    expect(lostBetween(stateWith('a'), stateWith('a', 'new'), [])).toEqual([]);
  });

  it('is also the thing in whose place another one stands, unless it was deleted', () => {
    const other = bytesOf(stateText([{ name: 'a', instances: [{ attributes: '{"id": "other"}' }] }]));
    expect(lostBetween(stateWith('a'), other, [])).toEqual(['terraform_data.a']);
    expect(lostBetween(stateWith('a'), other, ['terraform_data.a'])).toEqual([]);
  });

  it('is never a data source', () => {
    const before = bytesOf(stateText([{ mode: 'data', name: 'image' }]));
    expect(lostBetween(before, stateWith(), [])).toEqual([]);
  });
});
