import { describe, expect, it } from 'vitest';
import { applyInputs } from '../../src/cli/stack-inputs.js';

const SCHEMA = {
  type: 'object',
  properties: {
    port: { type: 'integer' },
    name: { type: 'string' },
    volume: { type: 'object', properties: { sizeGiB: { type: 'integer' }, type: { type: 'string' } } },
  },
};
const apply = (pairs: Record<string, string>, base: Record<string, unknown> = {}) =>
  applyInputs(base, new Map(Object.entries(pairs)), SCHEMA);

describe('an input on the command line', () => {
  it('is read as JSON where it is JSON', () => {
    expect(apply({ port: '8080', list: '["a"]', on: 'true' })).toEqual({ port: 8080, list: ['a'], on: true });
  });

  it('stays text where the schema wants text, whatever it looks like', () => {
    expect(apply({ name: '8080' })).toEqual({ name: '8080' });
  });

  it('stays text where it is no JSON', () => {
    expect(apply({ port: '${file("/etc/passwd")}' })).toEqual({ port: '${file("/etc/passwd")}' });
  });

  it('reaches inside, by the schema of the inside, and leaves its neighbours', () => {
    const base = { volume: { encrypted: true } };
    expect(apply({ 'volume.sizeGiB': '20', 'volume.type': '3' }, base)).toEqual({
      volume: { encrypted: true, sizeGiB: 20, type: '3' },
    });
    expect(base).toEqual({ volume: { encrypted: true } });
  });

  it.each(['__proto__', 'a.__proto__.b', '', 'a..b', 'a b'])('cannot be named %j', (name) => {
    expect(() => apply({ [name]: '1' })).toThrow(/must be an input’s name/);
    expect(({} as Record<string, unknown>)['b']).toBeUndefined();
  });

  it('cannot reach inside of what is no object', () => {
    expect(() => apply({ 'port.x': '1' }, { port: 3 })).toThrow(/"port" is no object/);
  });
});
