import { describe, expect, it } from 'vitest';
import { applyArgs, applyPlanArgs, destroyArgs, initArgs, planArgs } from '../../src/terraform/args.js';

describe('the command lines', () => {
  it('init asks nothing and touches no backend', () => {
    expect(initArgs()).toEqual(['init', '-input=false', '-no-color', '-lock=false', '-backend=false']);
  });

  it('apply approves itself and prints JSON lines', () => {
    expect(applyArgs({ parallelism: 10 })).toEqual([
      'apply',
      '-auto-approve',
      '-json',
      '-input=false',
      '-no-color',
      '-lock=false',
      '-backup=-',
      '-parallelism=10',
    ]);
  });

  it('plan writes its plan where it is told, and has no backup flag', () => {
    expect(planArgs({ parallelism: 3, refresh: false, out: '/run/p' })).toEqual([
      'plan',
      '-json',
      '-input=false',
      '-no-color',
      '-lock=false',
      '-parallelism=3',
      '-refresh=false',
      '-out=/run/p',
    ]);
  });

  it('applying a plan names it last and neither approves nor refreshes', () => {
    expect(applyPlanArgs({ parallelism: 10, planFile: '/run/p' })).toEqual([
      'apply',
      '-json',
      '-input=false',
      '-no-color',
      '-lock=false',
      '-backup=-',
      '-parallelism=10',
      '/run/p',
    ]);
  });

  it('destroy can leave out the refresh', () => {
    expect(destroyArgs({ parallelism: 10, refresh: false })).toEqual([
      'destroy',
      '-auto-approve',
      '-json',
      '-input=false',
      '-no-color',
      '-lock=false',
      '-backup=-',
      '-parallelism=10',
      '-refresh=false',
    ]);
  });

  it.each([0, -1, 1.5, Number.NaN, 1001])('a parallelism of %s is refused by name', (parallelism) => {
    expect(() => applyArgs({ parallelism })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', field: 'terraform.parallelism' }),
    );
  });

  it.each(['', '-destroy'])('the plan file %j cannot become a flag', (planFile) => {
    expect(() => applyPlanArgs({ parallelism: 1, planFile })).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'planFile' }),
    );
  });
});
