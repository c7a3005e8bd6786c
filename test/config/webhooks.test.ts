import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';

const load = (env: Record<string, string>) => loadConfig({ env, cwd: '/nonexistent' }).webhooks;

describe('the settings of webhooks', () => {
  it('take ranges, addresses and hosts that are allowed', () => {
    const list = '10.1.0.0/16, fd00::/8,127.0.0.1,hooks.internal';
    expect(load({ NODEYARD_WEBHOOKS_ALLOW_PRIVATE: list }).allowPrivate).toEqual([
      '10.1.0.0/16',
      'fd00::/8',
      '127.0.0.1',
      'hooks.internal',
    ]);
  });

  it.each(['10.0.0.0/33', '10.0.0', '*', 'a b', 'http://hooks.internal', '10.0.0.0/8/8'])(
    'take no %j for one of them',
    (word) => {
      expect(() => load({ NODEYARD_WEBHOOKS_ALLOW_PRIVATE: word })).toThrow(
        /NODEYARD_WEBHOOKS_ALLOW_PRIVATE is .* must be ranges/,
      );
    },
  );

  it('have a first wait that is no longer than the longest', () => {
    expect(() => load({ NODEYARD_WEBHOOKS_BACKOFF: '2h' })).toThrow(
      'must not be longer than webhooks.maxBackoff (15m)',
    );
  });
});
