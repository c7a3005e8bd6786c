import { describe, expect, test } from 'vitest';
import { NodeyardError } from '../../src/errors.js';
import {
  emptyDocument,
  holdsNothingBeyond,
  inspectState,
  isCompleteDocument,
  resourceIdentities,
} from '../../src/state/document.js';
import { bytesOf, type DocumentResource, stateText, stateWith } from './support/documents.js';

const state = (...resources: readonly DocumentResource[]): Uint8Array => bytesOf(stateText(resources));

describe('inspecting a state', () => {
  test('it tells serial, lineage, Terraform version and the managed resources', () => {
    const document = bytesOf(
      stateText([{ name: 'a' }, { name: 'seen', mode: 'data' }], { serial: 7, lineage: 'l' }),
    );
    expect(inspectState(document)).toEqual({
      resources: 1,
      addresses: ['terraform_data.a'],
      serial: 7,
      lineage: 'l',
      terraformVersion: '1.11.4',
    });
  });

  test('addresses have module paths, count and for_each keys as Terraform prints them', () => {
    // Pairs of key and printed address as Terraform 1.11.4 logged them for one for_each.
    const keys: readonly (readonly [string | number, string])[] = [
      [0, '[0]'],
      [12, '[12]'],
      ['a b', '["a b"]'],
      ['q"x', '["q\\"x"]'],
      ['b\\s', '["b\\\\s"]'],
      ['n\nl', '["n\\nl"]'],
      ['r\rt\t', '["r\\rt\\t"]'],
      ['${x}', '["$${x}"]'],
      ['$${x}', '["$$${x}"]'],
      ['%{y}', '["%%{y}"]'],
      ['$x%z', '["$x%z"]'],
      ['\u0001c', '["\\u0001c"]'],
      ['\u200bz', '["\\u200bz"]'],
      ['\u2028', '["\\u2028"]'],
      ['é😀', '["é😀"]'],
    ];
    for (const [key, printed] of keys) {
      const document = state({
        name: 'k',
        module: 'module.m["x"].module.n[1]',
        instances: [{ index_key: key }],
      });
      expect(inspectState(document).addresses).toEqual([
        `module.m["x"].module.n[1].terraform_data.k${printed}`,
      ]);
    }
  });

  test('a deposed instance counts as a resource, under the address that it had', () => {
    const document = state({ name: 'a', instances: [{}, { deposed: '0a1b2c3d' }] });
    expect(inspectState(document)).toMatchObject({ resources: 2, addresses: ['terraform_data.a'] });
  });

  test('a resource without instances, as interrupted runs leave it, is none', () => {
    expect(inspectState(state({ name: 'a', instances: [] })).resources).toBe(0);
  });

  test('the empty document is complete and holds nothing', () => {
    expect(inspectState(emptyDocument())).toMatchObject({ resources: 0, addresses: [], lineage: 'nodeyard' });
  });
});

describe('an unreadable state', () => {
  const whole = stateText([
    { name: 'a', instances: [{ attributes: '{"id":"ä","password":"hunter2hunter2"}' }] },
  ]);

  test('every proper part of a document is incomplete', () => {
    const bytes = bytesOf(whole.trimEnd());
    for (let length = 0; length < bytes.length; length += 1) {
      expect(isCompleteDocument(bytes.subarray(0, length))).toBe(false);
    }
    expect(isCompleteDocument(bytes)).toBe(true);
  });

  test.each([
    ['empty', '', /empty/],
    ['no JSON', 'hello', /not JSON/],
    ['another format', '{"version":3}', /version: is not 4/],
    ['a number as text', '{"version":"4"}', /version/],
    ['a document with zeros behind it', `${whole}\0\0`, /not JSON/],
    ['a plan, not a state', '{"format_version":"1.2"}', /version/],
    ['a list', '[]', /the document/],
    ['no resources', '{"version":4,"serial":1,"lineage":"l"}', /resources/],
  ])('%s is refused with the reason', (_name, text, reason) => {
    expect(() => inspectState(bytesOf(text))).toThrow(reason);
    expect(() => inspectState(bytesOf(text))).toThrow(NodeyardError);
  });

  test('the message quotes nothing of the document', () => {
    const torn = bytesOf(whole.replace('"hunter2hunter2"', '"hunter2hunter2'));
    expect(() => inspectState(torn)).toThrow(/not JSON/);
    try {
      inspectState(torn);
    } catch (error) {
      const told = [error instanceof Error ? `${error.message} ${error.stack} ${String(error.cause)}` : ''];
      expect(told.join()).not.toContain('hunter2');
    }
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(isCompleteDocument(Uint8Array.of(...bytesOf(whole), 0xff))).toBe(false);
  });
});

describe('what a quarantined state holds beyond the canonical one', () => {
  test('the same ids are the same things, whatever their address', () => {
    const moved = state({ name: 'b', instances: [{ index_key: 0, attributes: '{"id":"i-1","x":1}' }] });
    const canonical = state({ name: 'a', instances: [{ attributes: '{"id":"i-1","x":2}' }] });
    expect(holdsNothingBeyond(moved, canonical)).toBe(true);
  });

  test('another id, type or provider is something beyond', () => {
    const canonical = stateWith('a');
    expect(holdsNothingBeyond(stateWith('a', 'b'), canonical)).toBe(false);
    expect(holdsNothingBeyond(state({ name: 'a', type: 'aws_instance' }), canonical)).toBe(false);
    expect(holdsNothingBeyond(state({ name: 'a', provider: 'provider["x/y/z"].west' }), canonical)).toBe(
      false,
    );
  });

  test('a deposed instance is something too', () => {
    const deposed = state({
      name: 'a',
      instances: [{}, { deposed: '0a1b2c3d', attributes: '{"id":"old"}' }],
    });
    expect(holdsNothingBeyond(deposed, stateWith('a'))).toBe(false);
  });

  test('ids that JavaScript would round to one number stay apart', () => {
    const numbered = (id: string): Uint8Array =>
      state({ name: 'a', instances: [{ attributes: `{"id":${id}}` }] });
    expect(holdsNothingBeyond(numbered('12345678901234567891'), numbered('12345678901234567892'))).toBe(
      false,
    );
    expect(holdsNothingBeyond(numbered('12345678901234567891'), numbered('12345678901234567891'))).toBe(true);
  });

  test('without an id only equal attributes are the same thing', () => {
    const nameless = (x: number): Uint8Array =>
      state({ name: 'a', instances: [{ attributes: `{"x":${x}}` }] });
    expect(holdsNothingBeyond(nameless(1), nameless(1))).toBe(true);
    expect(holdsNothingBeyond(nameless(1), nameless(2))).toBe(false);
  });

  test('data sources are nobody’s property', () => {
    expect(resourceIdentities(state({ name: 'd', mode: 'data' })).size).toBe(0);
  });
});
