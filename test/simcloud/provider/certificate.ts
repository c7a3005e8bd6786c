/**
 * A certificate for one process, signed by itself: the parent pins it from the handshake line. Its DER is written here
 * because a library for it costs more time than the rest of the provider’s start.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  readonly der: Buffer;
  readonly certPem: string;
  readonly keyPem: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_WITH_SHA256 = tlv(SEQUENCE, oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');
const DAY_MS = 86_400_000;

/** P-256, good for a week around `now`; Go’s TLS looks only at the alternative name. */
export function selfSigned(now: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, COMMON_NAME, tlv(0x0c, Buffer.from('localhost')))));
  const validity = tlv(SEQUENCE, utcTime(now - DAY_MS), utcTime(now + 7 * DAY_MS));
  const body = tlv(
    SEQUENCE,
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(SEQUENCE, alternativeName('localhost'))),
  );
  return signed(body, privateKey);
}

function signed(body: Buffer, privateKey: KeyObject): Certificate {
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
  const der = tlv(SEQUENCE, body, ECDSA_WITH_SHA256, tlv(0x03, signature));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return {
    der,
    certPem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function alternativeName(name: string): Buffer {
  const names = tlv(SEQUENCE, tlv(0x82, Buffer.from(name)));
  return tlv(SEQUENCE, SUBJECT_ALT_NAME, tlv(0x04, names));
}

function utcTime(at: number): Buffer {
  const text = `${new Date(at).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`;
  return tlv(0x17, Buffer.from(text));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

/** Tag, length, value. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
