import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newSecret, signatureHeaders } from '../../src/webhooks/signature.js';
import { verified } from './support/verify.js';

const body = '{"test": 2432232314}';

describe('a signature', () => {
  it('is the one of the specification’s own example', () => {
    const headers = signatureHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: 1_614_265_330_999,
      body,
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is verified by a receiver, whatever the body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 0, max: 4_000_000_000_000 }), async (value, at) => {
        const secret = newSecret();
        const text = JSON.stringify(value);
        const headers = signatureHeaders(secret, { id: 'wh0_1-0', body: text, at });
        expect(JSON.stringify(await verified(secret, headers, text, at))).toBe(
          JSON.stringify(JSON.parse(text)),
        );
      }),
    );
  });

  it.each<[string, (headers: Record<string, string>) => unknown]>([
    ['id', (headers) => ({ ...headers, 'webhook-id': 'wh0_1-1' })],
    ['timestamp', (headers) => ({ ...headers, 'webhook-timestamp': '1000001' })],
    ['signature', (headers) => ({ ...headers, 'webhook-signature': `v1,${btoa('x'.repeat(32))}` })],
  ])('with another %s is no signature', async (_, change) => {
    const secret = newSecret();
    const headers = signatureHeaders(secret, { id: 'wh0_1-0', body, at: 1_000_000_000 });
    const changed = change(headers) as Record<string, string>;
    await expect(verified(secret, changed, body, 1_000_000_000)).rejects.toThrow('no signature fits');
  });

  it('is of one body, one secret and a while', async () => {
    const secret = newSecret();
    const headers = signatureHeaders(secret, { id: 'wh0_1-0', body, at: 1_000_000_000 });
    await expect(verified(secret, headers, `${body} `, 1_000_000_000)).rejects.toThrow('no signature fits');
    await expect(verified(newSecret(), headers, body, 1_000_000_000)).rejects.toThrow('no signature fits');
    await expect(verified(secret, headers, body, 1_000_301_000)).rejects.toThrow('not of now');
  });
});

it('a secret is 32 random bytes in the form of the specification', () => {
  const secrets = Array.from({ length: 50 }, newSecret);
  expect(new Set(secrets).size).toBe(50);
  for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});
