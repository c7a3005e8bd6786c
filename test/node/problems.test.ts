import { describe, expect, test } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import { parseInput } from '../../src/node/problems.js';
import { createJobSchema, destroyJobSchema, MAX_INPUTS_BYTES } from '../../src/node/request.js';

const node = { group: 'g', role: 'edge', stack: 'local-node' };

function refusal(schema: typeof createJobSchema | typeof destroyJobSchema, data: unknown): NodeyardError {
  try {
    parseInput(schema, data);
  } catch (error) {
    if (error instanceof NodeyardError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(data)}`);
}

describe('job data', () => {
  test('a job names a node or carries the whole request', () => {
    expect(parseInput(createJobSchema, { v: 1, nodeId: 'n1' })).toEqual({ v: 1, nodeId: 'n1' });
    expect(parseInput(createJobSchema, { v: 1, node })).toEqual({ v: 1, node: { ...node, inputs: {} } });
    expect(parseInput(destroyJobSchema, { v: 1, node: { ...node, requestId: 'r' } })).toMatchObject({ v: 1 });
  });

  test.each([
    [null, undefined, /object/],
    ['create me', undefined, /object/],
    [{ v: 2, nodeId: 'n1' }, 'v', /expected 1/],
    [{ v: 1, nodeId: '../../etc' }, 'nodeId', /letters/],
    [{ v: 1, nodeId: 'a\nb' }, 'nodeId', /letters/],
    [{ v: 1, nodeId: 'a'.repeat(64) }, 'nodeId', /1–63/],
    [{ v: 1, node: { ...node, id: '$(reboot)' } }, 'node.id', /letters/],
    [{ v: 1, node: { ...node, group: 'a:b' } }, 'node.group', /letters/],
    [{ v: 1, node: { ...node, stack: undefined } }, 'node.stack', /string/],
    [{ v: 1, node: { ...node, inputs: ['x'] } }, 'node.inputs', /record/],
    [{ v: 1, node: { ...node, inputs: { a: 'x'.repeat(MAX_INPUTS_BYTES) } } }, 'node.inputs', /at most/],
    [{ v: 1, node: { ...node, ttl: 1 } }, 'node.ttl', /60/],
    [{ v: 1, node: { ...node, ttl: '2h' } }, 'node.ttl', /number/],
    [{ v: 1, node: { ...node, tags: { 'aws:x': 'y' } } }, 'node.tags.aws:x', /reserved/],
    [{ v: 1, node: { ...node, tags: { x: '${file("/etc/passwd")}' } } }, 'node.tags.x', /letters/],
    [{ v: 1, node: { ...node, onFailure: 'shrug' } }, 'node.onFailure', /cleanup/],
    [{ v: 1, node: { ...node, credentials: 'x' } }, 'node.credentials', /not a known field/],
  ])('%j is refused with the field named', (data, field, message) => {
    const error = refusal(createJobSchema, data);
    expect(error).toMatchObject({ code: 'INVALID_INPUT', field });
    expect(error.message).toMatch(message);
  });

  test('every wrong field is named at once', () => {
    const error = refusal(createJobSchema, { v: 1, node: { group: '', role: 7, stack: 's', surplus: 1 } });
    for (const field of ['node.group', 'node.role', 'node.surplus']) expect(error.message).toContain(field);
  });

  test('a destroy job must say which node', () => {
    expect(refusal(destroyJobSchema, { v: 1, node })).toMatchObject({ code: 'INVALID_INPUT', field: 'node' });
    expect(refusal(destroyJobSchema, { v: 1 })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
