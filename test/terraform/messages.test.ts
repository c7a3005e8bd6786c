import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage, textOf } from '../../src/terraform/messages.js';

const head = { '@level': 'info', '@message': 'm', '@module': 'terraform.ui', '@timestamp': 't' };
const resource = {
  addr: 'aws_instance.node',
  module: '',
  resource: 'aws_instance.node',
  implied_provider: 'aws',
  resource_type: 'aws_instance',
  resource_name: 'node',
  resource_key: null,
};
const line = (fields: object): string => JSON.stringify({ ...head, ...fields });

describe('Terraform’s JSON lines', () => {
  it('a finished resource carries its address, type and cloud id', () => {
    const hook = { resource, action: 'create', id_key: 'id', id_value: 'i-1', elapsed_seconds: 3 };
    expect(parseMessage(line({ type: 'apply_complete', hook }))).toMatchObject({
      type: 'apply_complete',
      hook: {
        resource: { address: 'aws_instance.node', type: 'aws_instance' },
        action: 'create',
        id_key: 'id',
        id_value: 'i-1',
        elapsed_seconds: 3,
      },
    });
  });

  it('a diagnostic keeps its address and file, and drops the snippet, which quotes the configuration', () => {
    const diagnostic = {
      severity: 'error',
      summary: 's',
      detail: 'd',
      address: 'a.b',
      range: { filename: 'n1.tf.json', start: {}, end: {} },
      snippet: { context: 'c', code: 'password = "x"' },
    };
    const message = parseMessage(line({ type: 'diagnostic', diagnostic }));
    expect(message).toMatchObject({
      diagnostic: {
        severity: 'error',
        summary: 's',
        detail: 'd',
        address: 'a.b',
        range: { filename: 'n1.tf.json' },
      },
    });
    expect(JSON.stringify(message)).not.toContain('password');
    expect(textOf(message)).toBe('m: d');
  });

  it.each([
    ['version', { terraform: '1.11.4', ui: '1.2' }],
    ['version', { tofu: '1.9.0', ui: '1.2' }],
    ['log', {}],
    ['planned_change', { change: { resource, action: 'replace', reason: 'tainted' } }],
    ['resource_drift', { change: { resource, action: 'update' } }],
    ['change_summary', { changes: { add: 1, change: 0, remove: 0, operation: 'plan' } }],
    ['outputs', { outputs: { o: { sensitive: false, type: 'string', value: 'v' } } }],
    ['refresh_start', { hook: { resource, id_key: 'id', id_value: 'i-1' } }],
    ['refresh_complete', { hook: { resource } }],
    ['apply_start', { hook: { resource, action: 'create' } }],
    ['apply_progress', { hook: { resource, action: 'create', elapsed_seconds: 10 } }],
    ['apply_errored', { hook: { resource, action: 'create', elapsed_seconds: 1 } }],
    ['provision_start', { hook: { resource, provisioner: 'local-exec' } }],
    ['provision_progress', { hook: { resource, provisioner: 'local-exec', output: 'hi' } }],
    ['provision_complete', { hook: { resource, provisioner: 'local-exec' } }],
    ['provision_errored', { hook: { resource, provisioner: 'local-exec' } }],
  ])('%s is known', (type, fields) => {
    expect(parseMessage(line({ type, ...fields }))).toMatchObject({ type });
  });

  it('an output that JavaScript would round stays exact as a string of its digits', () => {
    const text = `{"@message":"Outputs: 3","outputs":{"big":{"sensitive":false,"type":"number","value":12345678901234567891},"port":{"sensitive":false,"value":8080},"list":{"sensitive":false,"value":[1.5,1e3]}},"type":"outputs"}`;
    expect(parseMessage(text)).toMatchObject({
      outputs: {
        big: { value: '12345678901234567891' },
        port: { value: 8080 },
        list: { value: [1.5, 1000] },
      },
    });
  });

  it('a new type is unknown, and so is a known one with wrong fields', () => {
    expect(parseMessage(line({ type: 'action_start', action: {} }))).toMatchObject({
      type: 'unknown',
      wireType: 'action_start',
      '@message': 'm',
    });
    expect(parseMessage(line({ type: 'apply_start', hook: { resource: 7 } }))).toMatchObject({
      type: 'unknown',
      wireType: 'apply_start',
    });
    expect(parseMessage('{"type":7}')).toMatchObject({ type: 'unknown', wireType: '' });
  });

  it.each(['panic: oh', '', '[1]', '"x"', '{"a":', 'null', '{"@message":7}'])('%j is text', (text) => {
    expect(parseMessage(text)).toEqual({ type: 'text', text, cut: false });
  });

  it('a line that was cut is text, even where its beginning looks like JSON', () => {
    expect(parseMessage('{"type":"log"}', true)).toEqual({ type: 'text', text: '{"type":"log"}', cut: true });
  });

  it('an output named like a prototype is an ordinary name', () => {
    const text = '{"@message":"m","outputs":{"__proto__":{"sensitive":false,"value":"v"}},"type":"outputs"}';
    expect(parseMessage(text).type).toMatch(/outputs|unknown/);
    expect(Object.prototype).not.toHaveProperty('sensitive');
  });

  it('nothing that is printed makes the parser throw', () => {
    const typed = fc
      .tuple(fc.constantFrom('apply_start', 'outputs', 'diagnostic', 'change_summary'), fc.jsonValue())
      .map(([type, hook]) => JSON.stringify({ type, hook, outputs: hook, diagnostic: hook, changes: hook }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), typed), (text) => {
        expect(typeof parseMessage(text).type).toBe('string');
      }),
    );
  });
});
