import { describe, expect, it } from 'vitest';
import type { TerraformMessage } from '../../src/terraform/messages.js';
import { parseMessage } from '../../src/terraform/messages.js';
import { advance, NO_PROGRESS } from '../../src/terraform/progress.js';

const say = (fields: object): TerraformMessage => parseMessage(JSON.stringify(fields));
const plan = (addr: string, action: string) =>
  say({ type: 'planned_change', change: { resource: { addr }, action } });
const step = (type: string, addr: string, action = 'create') =>
  say({ type, hook: { resource: { addr }, action } });
const fold = (messages: readonly TerraformMessage[]) => messages.reduce(advance, NO_PROGRESS);

describe('progress', () => {
  it('counts planned steps, a replacement as two, reads and moves as none', () => {
    const messages = ['create', 'update', 'delete', 'replace', 'read', 'noop', 'move'].map((action) =>
      plan('a.b', action),
    );
    expect(fold(messages)).toMatchObject({ done: 0, total: 5 });
  });

  it('takes the total of the plan’s summary, and not that of the apply’s', () => {
    const changes = { add: 2, change: 1, remove: 1, operation: 'plan' };
    const after = fold([
      plan('a.b', 'create'),
      say({ type: 'change_summary', changes }),
      say({ type: 'change_summary', changes: { ...changes, add: 9, operation: 'apply' } }),
    ]);
    expect(after.total).toBe(4);
  });

  it('shows the newest step in work, then the one that is left', () => {
    const both = [step('apply_start', 'a.one'), step('apply_start', 'a.two')];
    expect(fold(both)).toMatchObject({ done: 0, address: 'a.two' });
    expect(fold([...both, step('apply_complete', 'a.two')])).toMatchObject({ done: 1, address: 'a.one' });
    const all = fold([...both, step('apply_complete', 'a.two'), step('apply_complete', 'a.one')]);
    expect(all).toEqual({ done: 2, total: 2, unfinished: [] });
  });

  it('a replacement is done when it was deleted and created', () => {
    const after = fold([
      plan('a.b', 'replace'),
      step('apply_start', 'a.b', 'delete'),
      step('apply_complete', 'a.b', 'delete'),
      step('apply_start', 'a.b', 'create'),
    ]);
    expect(after).toMatchObject({ done: 1, total: 2, unfinished: [{ address: 'a.b', action: 'create' }] });
  });

  it('a failed step is neither done nor unfinished', () => {
    expect(fold([plan('a.b', 'create'), step('apply_start', 'a.b'), step('apply_errored', 'a.b')])).toEqual({
      done: 0,
      total: 1,
      unfinished: [],
    });
  });

  it('reading a data source is no step', () => {
    expect(
      fold([step('apply_start', 'data.a.b', 'read'), step('apply_complete', 'data.a.b', 'read')]),
    ).toEqual(NO_PROGRESS);
  });

  it('what began and did not finish is kept: a kill leaves it in doubt', () => {
    const after = fold([
      step('apply_start', 'a.one'),
      step('apply_start', 'a.two', 'delete'),
      step('apply_complete', 'a.one'),
    ]);
    expect(after.unfinished).toEqual([{ address: 'a.two', action: 'delete' }]);
  });
});
