import { describe, expect, test } from 'vitest';
import { inspectState, resourceIds } from '../../src/state/document.js';
import { beyond, forget } from '../../src/state/forget.js';

const instance = (id: string, key?: string) =>
  `{${key === undefined ? '' : `"index_key":${key},`}"attributes":{"id":"${id}","big":12345678901234567891,"small":1.10}}`;
const resource = (type: string, name: string, instances: string[], mode = 'managed') =>
  `{"mode":"${mode}","type":"${type}","name":"${name}","provider":"p","instances":[${instances.join(',')}]}`;
const state = (...resources: string[]) =>
  new TextEncoder().encode(
    `{"version":4,"serial":3,"lineage":"l","outputs":{"n":{"value":12345678901234567891,"type":"number"}},"resources":[${resources.join(',')}],"unknown":1e400}`,
  );
const text = (document: Uint8Array) => new TextDecoder().decode(document);

describe('forgetting what is gone', () => {
  test('takes out exactly the named instances and keeps every number as it was written', () => {
    const document = state(
      resource('aws_eip', 'a', [instance('1')]),
      resource('aws_eip', 'many', [instance('2', '0'), instance('3', '1')]),
    );
    const result = forget(document, ['aws_eip.many[1]']);
    expect(result.forgotten).toEqual(['aws_eip.many[1]']);
    expect(inspectState(result.document).addresses).toEqual(['aws_eip.a', 'aws_eip.many[0]']);
    for (const number of ['12345678901234567891', '1.10', '1e400'])
      expect(text(result.document)).toContain(number);
  });

  test('a resource without instances goes as a whole', () => {
    const result = forget(state(resource('aws_eip', 'a', [instance('1')])), ['aws_eip.a']);
    expect(inspectState(result.document).resources).toBe(0);
    expect(text(result.document)).not.toContain('aws_eip');
  });

  test('an unknown address and a data source change nothing, not a byte', () => {
    const document = state(resource('aws_ami', 'x', [instance('1')], 'data'));
    expect(forget(document, ['aws_eip.b', 'data.aws_ami.x'])).toEqual({ document, forgotten: [] });
  });
});

describe('what a document holds beyond another', () => {
  test('are the instances that are something else in the cloud, whatever their address', () => {
    const stale = state(
      resource('aws_eip', 'a', [instance('1'), instance('2', '1')]),
      resource('aws_vpc', 'b', [instance('1')]),
    );
    const canonical = state(resource('aws_eip', 'renamed', [instance('1')]), resource('aws_vpc', 'b', []));
    const left = beyond(stale, canonical);
    expect(inspectState(left).addresses).toEqual(['aws_eip.a[1]', 'aws_vpc.b']);
    expect([...resourceIds(left)]).toEqual(['2', '1']);
    expect(text(left)).toContain('12345678901234567891');
  });

  test('is nothing where all of it is owned', () => {
    const document = state(resource('aws_eip', 'a', [instance('1')]));
    expect(inspectState(beyond(document, document)).resources).toBe(0);
  });
});
