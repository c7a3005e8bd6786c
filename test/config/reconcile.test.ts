/** Limits that would give a node up while Terraform may still be at it are no limits that anybody can have meant. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';

const load = (env: Record<string, string>) => loadConfig({ env, cwd: '/nonexistent' });
const HOUR = 3_600_000;

describe('the limits of states', () => {
  it.each(['REQUESTED', 'CREATING', 'DESTRUCTION_REQUESTED', 'DESTROYING'])(
    'of %s are refused where they are shorter than the longest run',
    (state) => {
      const variable = `NODEYARD_RECONCILE_LIMITS_${state}`;
      const env = { NODEYARD_TERRAFORM_TIMEOUT: '50m', NODEYARD_TERRAFORM_GRACE: '10m' };
      expect(() => load({ ...env, [variable]: '59m' })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(variable) }),
      );
      expect(load({ ...env, [variable]: '1h' }).reconcile.limitsMs).toMatchObject({ [state]: HOUR });
    },
  );

  it('of a node at work are as long as one wishes, and none unless wished', () => {
    expect(load({}).reconcile.limitsMs.INSERVICE).toBeUndefined();
    expect(load({ NODEYARD_RECONCILE_LIMITS_INSERVICE: '2m' }).reconcile.limitsMs.INSERVICE).toBe(120_000);
  });

  it('grow with what Terraform may take where nobody set them', () => {
    const { limitsMs } = load({ NODEYARD_TERRAFORM_TIMEOUT: '20h' }).reconcile;
    for (const state of ['REQUESTED', 'CREATING', 'DESTRUCTION_REQUESTED', 'DESTROYING'] as const)
      expect(limitsMs[state]).toBeGreaterThan(20 * HOUR);
  });
});

it('a first wait for a failed destroy that is longer than the longest is refused', () => {
  expect(() => load({ NODEYARD_RECONCILE_DESTROY_RETRY: '2h' })).toThrow(
    expect.objectContaining({ message: expect.stringContaining('reconcile.destroyRetryMax (1h)') }),
  );
});
