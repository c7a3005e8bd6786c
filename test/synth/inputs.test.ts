import { describe, expect, it } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { parseInputs } from '../../src/synth/inputs.js';
import { defineNodeStack, z } from '../../stacks/define.js';

const stack = defineNodeStack({
  name: 'subject',
  inputs: z.object({
    size: z.int().default(1),
    name: z.string().optional(),
    volumes: z.array(z.strictObject({ gib: z.int('must be a whole number') })).optional(),
    any: z.json().optional(),
  }),
  node: () => ({}),
});

function refusal(inputs: unknown): NodeyardError {
  try {
    parseInputs(stack, inputs);
  } catch (error) {
    if (error instanceof NodeyardError) return error;
    throw error;
  }
  throw new Error('the inputs were taken');
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
};

describe('inputs', () => {
  it('are completed by defaults and not yet escaped', () => {
    expect(parseInputs(stack, { name: '${x}' })).toEqual({ size: 1, name: '${x}' });
  });

  it('are refused with every problem and the path of the first', () => {
    const error = refusal({ size: 'big', volumes: [{ gib: 1 }, { gib: 1.5 }], colour: 'red' });
    expect(error).toMatchObject({ code: 'INVALID_INPUT', field: 'inputs.size' });
    expect(error.message).toContain('inputs.volumes[1].gib: must be a whole number');
    expect(error.message).toContain('inputs.colour: is not a known field');
  });

  it.each([
    ['inputs', null],
    ['inputs', 'text'],
    ['inputs', []],
    ['inputs.any.a[1]', { any: { a: [1, -1.8881545897087503e289] } }],
    ['inputs.any', { any: -123456789 }],
    ['inputs.name', { name: 'lone \ud800 surrogate' }],
    ['inputs.any', { any: { '\udfff': 1 } }],
    ['inputs.any.__proto__', { any: JSON.parse('{"__proto__":{"polluted":true}}') }],
    ['inputs.__proto__', JSON.parse('{"__proto__":{}}')],
  ])('are refused at %s when they cannot be written down: %j', (field, inputs) => {
    expect(refusal(inputs)).toMatchObject({ code: 'INVALID_INPUT', field });
  });

  it('may be nested, but not without end', () => {
    expect(parseInputs(stack, { any: nested(20) })).toMatchObject({ any: nested(20) });
    expect(refusal({ any: nested(50_000) })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(refusal({ any: nested(50_000) }).message).toContain('nested deeper');
  });

  it('may have free fields where the stack says so', () => {
    const loose = defineNodeStack({ name: 'loose', inputs: z.looseObject({}), node: () => ({}) });
    expect(parseInputs(loose, { colour: 'red' })).toEqual({ colour: 'red' });
  });
});
