import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';

const load = (env: Record<string, string>) => loadConfig({ env, cwd: '/nonexistent' }).heartbeat;

describe('the limits of silence', () => {
  it('are refused where a healthy node would reach them', () => {
    expect(() => load({ NODEYARD_HEARTBEAT_SILENCE: '29s' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('must be at least 30s, 3 times heartbeat.interval'),
      }),
    );
    expect(load({ NODEYARD_HEARTBEAT_SILENCE: '30s' }).silenceMs).toBe(30_000);
  });

  it('are refused where a start would have less time than a node at work', () => {
    expect(() => load({ NODEYARD_HEARTBEAT_START: '59s' })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('must not be shorter than heartbeat.silence (1m)'),
      }),
    );
  });
});

it('the way back to work can be closed', () => {
  expect([load({}), load({ NODEYARD_HEARTBEAT_REINSTATE: 'off' })].map(({ reinstate }) => reinstate)).toEqual(
    [true, false],
  );
});
