/**
 * How documents look in the repository: one header byte, then gzip, encrypted where a key is set.
 *
 *   header: format version in the upper four bits (1), flags in the lower four (1 = encrypted)
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { decrypt, encrypt, KEY_BYTES } from '../crypto.js';
import { NodeyardError } from '../errors.js';

const VERSION = 1;
const ENCRYPTED = 0b0001;
/** Far above any state, far below what would hurt: a small stored text must not unpack without end. */
const MAX_DOCUMENT_BYTES = 512 * 1024 * 1024;

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** What a stored document belongs to. */
export interface Binding {
  readonly kind: 'state' | 'configuration';
  readonly nodeId: string;
  readonly epoch: number;
}

export class Codec {
  readonly #keys: readonly Uint8Array[];

  /** The first key encrypts, all of them decrypt; without any, documents are stored plain. Throws CONFIG_INVALID. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.some((key) => key.byteLength !== KEY_BYTES)) {
      throw new NodeyardError('CONFIG_INVALID', `a state key must be ${KEY_BYTES} bytes`, { field: 'keys' });
    }
    this.#keys = keys;
  }

  async encode(document: Uint8Array, binding: Binding): Promise<Buffer> {
    const zipped = await zip(document);
    const [key] = this.#keys;
    const header = Uint8Array.of((VERSION << 4) | (key === undefined ? 0 : ENCRYPTED));
    const body = key === undefined ? zipped : encrypt(zipped, key, bound(header, binding));
    return Buffer.concat([header, body]);
  }

  /** Plain documents are read with keys too, so that keys can be set later. Throws STATE_UNREADABLE. */
  async decode(stored: Uint8Array, binding: Binding): Promise<Buffer> {
    const header = stored.subarray(0, 1);
    const [first = 0] = header;
    if (first >> 4 !== VERSION || (first & 0b1110) !== 0) {
      throw new NodeyardError(
        'STATE_UNREADABLE',
        `unknown format ${first} of a stored document of ${binding.nodeId}`,
      );
    }
    const body = stored.subarray(1);
    const encrypted = (first & ENCRYPTED) !== 0;
    const zipped = encrypted ? decrypt(body, this.#keys, bound(header, binding)) : body;
    try {
      return await unzip(zipped, { maxOutputLength: MAX_DOCUMENT_BYTES });
    } catch (cause) {
      throw new NodeyardError('STATE_UNREADABLE', `a stored document of ${binding.nodeId} is damaged`, {
        cause,
      });
    }
  }
}

function bound(header: Uint8Array, { kind, nodeId, epoch }: Binding): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify([kind, nodeId, epoch]))]);
}
