import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyId, parseStateKey } from '../../src/crypto.js';
import { NodeyardError } from '../../src/errors.js';
import { type Binding, Codec } from '../../src/state/codec.js';

const key = randomBytes(32);
const other = randomBytes(32);
const binding: Binding = { kind: 'state', nodeId: 'node-1', epoch: 3 };
const document = Buffer.from('{"password":"hunter2hunter2","n":12345678901234567891}'.repeat(20));

const refusal = async (act: Promise<unknown>): Promise<NodeyardError> => {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NodeyardError);
  return error as NodeyardError;
};

describe('a stored document', () => {
  test('comes back byte by byte, plain or encrypted', async () => {
    const codecs = [new Codec([]), new Codec([key])];
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.constantFrom(...codecs), async (bytes, codec) => {
        const back = await codec.decode(await codec.encode(bytes, binding), binding);
        expect(Buffer.compare(back, bytes)).toBe(0);
      }),
    );
  });

  test('is compressed, and shows nothing of itself where a key is set', async () => {
    const plain = await new Codec([]).encode(document, binding);
    const sealed = await new Codec([key]).encode(document, binding);
    expect([plain[0], sealed[0]]).toEqual([0x10, 0x11]);
    expect(plain.length).toBeLessThan(document.length / 4);
    expect(sealed.includes(gzipSync(document).subarray(0, 10))).toBe(false);
    expect(sealed.includes(key)).toBe(false);
  });

  test('is encrypted anew each time', async () => {
    const codec = new Codec([key]);
    const [one, two] = [await codec.encode(document, binding), await codec.encode(document, binding)];
    expect(one.equals(two)).toBe(false);
  });

  test('that was stored plain is read where keys are set now', async () => {
    const plain = await new Codec([]).encode(document, binding);
    expect(await new Codec([key]).decode(plain, binding)).toEqual(document);
  });

  test('is written with the first key and read with any of them', async () => {
    const old = await new Codec([key]).encode(document, binding);
    const rotated = new Codec([other, key]);
    expect(await rotated.decode(old, binding)).toEqual(document);
    const renewed = await rotated.encode(document, binding);
    expect(await new Codec([other]).decode(renewed, binding)).toEqual(document);
  });

  test.each([
    ['no key', []],
    ['another key', [other]],
  ])(
    'cannot be read with %s, and the message names the setting and the key that is missing',
    async (_name, keys) => {
      const stored = await new Codec([key]).encode(document, binding);
      const error = await refusal(new Codec(keys).decode(stored, binding));
      expect(error).toMatchObject({ code: 'STATE_UNREADABLE', field: 'NODEYARD_STATE_KEY' });
      expect(error.message).toContain('NODEYARD_STATE_KEY');
      expect(error.message).toContain(keyId(key).toString('hex'));
    },
  );

  test.each<[string, Partial<Binding>]>([
    ['node', { nodeId: 'node-2' }],
    ['epoch', { epoch: 4 }],
    ['kind', { kind: 'configuration' }],
  ])('of another %s is not taken for this one', async (_name, changed) => {
    const codec = new Codec([key]);
    const stored = await codec.encode(document, { ...binding, ...changed });
    expect(await refusal(codec.decode(stored, binding))).toMatchObject({ code: 'STATE_UNREADABLE' });
  });

  test('is refused when any bit of it was changed', async () => {
    const codec = new Codec([key]);
    const stored = await codec.encode(Buffer.from('{}'), binding);
    for (let bit = 0; bit < stored.length * 8; bit += 1) {
      const changed = Buffer.from(stored);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const error = await refusal(codec.decode(changed, binding));
      expect(error.code).toBe('STATE_UNREADABLE');
    }
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['an unknown version', Buffer.from([0x20, 1, 2, 3])],
    ['an unknown flag', Buffer.from([0x12, 1, 2, 3])],
    ['no gzip', Buffer.from([0x10, 1, 2, 3])],
    ['half a box', Buffer.from([0x11, 1, 2, 3])],
  ])('that is %s is refused', async (_name, stored) => {
    expect(await refusal(new Codec([key]).decode(stored, binding))).toMatchObject({
      code: 'STATE_UNREADABLE',
    });
  });
});

describe('keys', () => {
  test('are 64 hexadecimal digits or the base64 of 32 bytes', () => {
    const texts = [
      key.toString('hex'),
      key.toString('hex').toUpperCase(),
      key.toString('base64'),
      ` ${key.toString('base64')}\n`,
    ];
    for (const text of texts) expect(Buffer.from(parseStateKey(text))).toEqual(key);
    expect(Buffer.from(parseStateKey(key.toString('base64').replace('=', '')))).toEqual(key);
  });

  test.each([
    '',
    'secret-passphrase',
    'a'.repeat(63),
    'a'.repeat(65),
    'z'.repeat(64),
    `${'A'.repeat(42)}==`,
    `${'A'.repeat(43)}-`,
  ])('%j is refused, and not repeated in the message', (text) => {
    const read = (): Uint8Array => parseStateKey(text);
    expect(read).toThrow(/NODEYARD_STATE_KEY: each key must be/);
    expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: 'NODEYARD_STATE_KEY' }));
    if (text !== '') expect(read).not.toThrow(text);
  });

  test('of the wrong length are refused by the codec', () => {
    expect(() => new Codec([key, randomBytes(16)])).toThrow(/32 bytes/);
  });
});
