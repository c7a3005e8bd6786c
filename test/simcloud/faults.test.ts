/** Each fault, as the provider meets it: what it reports, what its state holds, what the cloud has. */
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { FaultPlanInput } from './cloud/faults.js';
import { Faults } from './cloud/faults.js';
import { Crash, ProviderDriver } from './driver.js';
import { type StartedCloud, startCloud } from './start.js';

let started: StartedCloud;
let provider: ProviderDriver;

beforeEach(async () => {
  started = await startCloud({ bootMs: 0, terminateMs: 0, changeMs: 0 });
  provider = new ProviderDriver(started.env);
  await provider.configure();
});
afterEach(async () => {
  await started.stop();
});

const INSTANCE = { ami: 'ami-0123456789abcdef0', instance_type: 'm7g.large', tags: { Name: 'n' } };
const create = () => provider.create('aws_instance', INSTANCE);
const instances = () => started.cloud.resources().filter(({ kind }) => kind === 'instance');
const inject = (...plan: FaultPlanInput) => started.cloud.inject(plan);

describe('a refusal before the effect leaves nothing, neither in the state nor in the cloud', () => {
  it.each([
    ['throttled', 'THROTTLED', 'StatusCode: 503', 'api error RequestLimitExceeded: '],
    ['capacity', 'CAPACITY', 'StatusCode: 500', 'api error InsufficientInstanceCapacity: '],
    ['quota', 'QUOTA', 'StatusCode: 400', 'api error VcpuLimitExceeded: '],
    ['denied', 'DENIED', 'StatusCode: 403', 'api error UnauthorizedOperation: '],
    ['expired', 'CREDENTIALS', 'StatusCode: 400', 'api error ExpiredToken: '],
    ['server-error', 'NETWORK', 'StatusCode: 500', 'api error InternalError: '],
  ] as const)('%s is reported as %s', async (fault, code, status, said) => {
    inject({ call: 'RunInstances', fault });
    const result = await create();
    expect(result).toMatchObject({ state: null, code });
    expect(result.errors).toEqual([
      expect.stringMatching(
        /^creating EC2 Instance: operation error EC2: RunInstances, .*https response error /,
      ),
    ]);
    expect(result.errors[0]).toContain(status);
    expect(result.errors[0]).toContain(said);
    expect(started.cloud.resources()).toEqual([]);
    expect(started.cloud.calls('RunInstances')).toMatchObject([{ fault, effect: [] }]);
  });

  test('any other code can be given', async () => {
    inject({ call: 'RunInstances', fault: 'error', code: 'InvalidKeyPair.NotFound', message: 'no such key' });
    expect(await create()).toMatchObject({ state: null, code: 'BAD_REQUEST' });
  });
});

describe('an answer that is lost', () => {
  test('before the effect leaves nothing', async () => {
    inject({ call: 'RunInstances', fault: 'cut-before' });
    expect(await create()).toMatchObject({ state: null, code: 'NETWORK' });
    expect(instances()).toEqual([]);
  });

  it.each(['cut-after', 'malformed'] as const)(
    'after the effect (%s) leaves an instance that the state does not know',
    async (fault) => {
      inject({ call: 'RunInstances', fault });
      const result = await create();
      expect(result.state).toBeNull();
      expect(result.errors).toHaveLength(1);
      expect(instances()).toHaveLength(1);
    },
  );

  test('is asked for again by the SDK, and makes one instance: the request has a token', async () => {
    provider = new ProviderDriver({ ...started.env, SIMCLOUD_RETRIES: '2' });
    await provider.configure();
    inject({ call: 'RunInstances', nth: 1, fault: 'cut-after' });
    const { state, errors } = await create();
    expect(errors).toEqual([]);
    expect(started.cloud.calls('RunInstances')).toHaveLength(2);
    expect(instances().map(({ id }) => id)).toEqual([state?.['id']]);
  });
});

describe('a provider that dies', () => {
  test('before the effect leaves nothing', async () => {
    inject({ call: 'RunInstances', fault: 'crash-before' });
    await expect(dead()).resolves.toBe(true);
    expect(instances()).toEqual([]);
  });

  test('after the effect leaves an instance', async () => {
    inject({ call: 'RunInstances', fault: 'crash-after' });
    await expect(dead()).resolves.toBe(true);
    expect(instances()).toHaveLength(1);
  });

  /** In this process the crash is an exception, which the provider takes for a failure of the call. */
  const dead = async (): Promise<boolean> => {
    const { errors } = await create();
    return errors.some((error) => error.includes(new Crash('the provider is dead').message));
  };
});

describe('time', () => {
  test('a slow call has its effect all the same', async () => {
    inject({ call: 'RunInstances', fault: 'slow', ms: 30 });
    expect((await create()).errors).toEqual([]);
    expect(instances()).toHaveLength(1);
  });

  test('a call that hangs ends when Terraform asks the provider to stop', async () => {
    const stop = new AbortController();
    provider = new ProviderDriver(started.env, stop);
    await provider.configure();
    inject({ call: 'RunInstances', fault: 'hang' });
    const creating = create();
    await expect.poll(() => started.cloud.calls('RunInstances').length).toBe(1);
    stop.abort();
    const { errors, state } = await creating;
    expect(errors[0]).toContain('canceled, context canceled');
    expect(state).toBeNull();
    expect(instances()).toEqual([]);
  });

  test('a call that is under way when the provider is asked to stop may have had its effect', async () => {
    const stop = new AbortController();
    provider = new ProviderDriver(started.env, stop);
    await provider.configure();
    inject({ call: 'RunInstances', fault: 'hang-after' });
    const creating = create();
    await expect.poll(() => started.cloud.calls('RunInstances').length).toBe(1);
    stop.abort();
    expect((await creating).state).toBeNull();
    expect(instances()).toHaveLength(1);
  });

  test('what is not yet visible is waited for', async () => {
    inject({ call: 'RunInstances', fault: 'not-yet', ms: 60 });
    const { errors, state } = await create();
    expect(errors).toEqual([]);
    expect(state).toMatchObject({ instance_state: 'running' });
    expect(started.cloud.calls('DescribeInstances')[0]).toMatchObject({
      error: 'InvalidInstanceID.NotFound',
    });
  });

  test('what does not become visible in time is kept by its id, to be destroyed', async () => {
    provider = new ProviderDriver({ ...started.env, SIMCLOUD_PATIENCE_MS: '50' });
    await provider.configure();
    inject({ call: 'RunInstances', fault: 'not-yet', ms: 60_000 });
    const { errors, state } = await create();
    expect(errors[0]).toMatch(/waiting for EC2 Instance \(i-\w+\) create: timeout while waiting for state/);
    expect(state).toMatchObject({ id: instances()[0]?.id });
  });
});

describe('after the effect, a failure keeps what is known', () => {
  test('of an instance whose wait is denied', async () => {
    inject({ call: 'DescribeInstances', fault: 'denied' });
    const { state, code } = await create();
    expect(code).toBe('DENIED');
    expect(state).toMatchObject({ id: instances()[0]?.id, ami: INSTANCE.ami, public_ip: null });
  });

  test('of a destroy that fails', async () => {
    const { state } = await create();
    inject({ call: 'TerminateInstances', fault: 'denied' });
    expect(await provider.destroy('aws_instance', state ?? {})).toMatchObject({
      code: 'DENIED',
      state: { id: state?.['id'] },
    });
    inject();
    expect(await provider.destroy('aws_instance', state ?? {})).toMatchObject({ state: null, errors: [] });
    expect(instances()).toEqual([]);
  });
});

describe('credentials', () => {
  test('are looked at before anything is done', async () => {
    inject({ call: 'GetCallerIdentity', fault: 'expired' });
    const fresh = new ProviderDriver(started.env);
    const { errors, code } = await fresh.configure();
    expect(code).toBe('CREDENTIALS');
    expect(errors[0]).toContain('validating provider credentials: retrieving caller identity from STS');
  });

  test('a role that cannot be assumed is said', async () => {
    inject({ call: 'AssumeRole', fault: 'denied' });
    const role = 'arn:aws:iam::123456789012:role/provisioner';
    const fresh = new ProviderDriver(started.env);
    const { errors, code } = await fresh.configure({
      region: 'eu-central-1',
      assume_role: [{ role_arn: role }],
    });
    expect(code).toBe('DENIED');
    expect(errors[0]).toContain(`IAM Role (${role}) cannot be assumed`);
  });
});

describe('a plan of faults', () => {
  const struck = (plan: FaultPlanInput, calls: number, seed: number | string = 0) => {
    const faults = new Faults(plan, seed);
    return Array.from({ length: calls }, () => faults.strike('RunInstances', 0) !== undefined);
  };

  test('strikes the nth, or each nth, and not more often than told', () => {
    const call = 'RunInstances';
    expect(struck([{ call, nth: 2, fault: 'denied' }], 4)).toEqual([false, true, false, false]);
    expect(struck([{ call, every: 2, fault: 'denied' }], 4)).toEqual([false, true, false, true]);
    expect(struck([{ call, every: 1, times: 2, fault: 'denied' }], 4)).toEqual([true, true, false, false]);
    expect(struck([{ call: '*', fault: 'denied' }], 2)).toEqual([true, true]);
    expect(struck([{ call: 'StopInstances', fault: 'denied' }], 2)).toEqual([false, false]);
  });

  test('ends with its time', () => {
    const faults = new Faults([{ call: 'DeleteSecurityGroup', fault: 'in-use', forMs: 1000 }]);
    const at = [0, 1000, 1001].map((now) => faults.strike('DeleteSecurityGroup', now)?.fault);
    expect(at).toEqual(['in-use', 'in-use', undefined]);
  });

  test('is the same for the same seed, and another for another', () => {
    const plan: FaultPlanInput = [{ call: 'RunInstances', probability: 0.5, fault: 'throttled' }];
    expect(struck(plan, 64, 7)).toEqual(struck(plan, 64, 7));
    expect(struck(plan, 64, 7)).not.toEqual(struck(plan, 64, 8));
    const rate = struck(plan, 1000, 7).filter(Boolean).length;
    expect(rate).toBeGreaterThan(400);
    expect(rate).toBeLessThan(600);
  });

  test('that is not one is refused', () => {
    expect(() => new Faults([{ call: 'RunInstances', nth: 1, every: 2, fault: 'denied' }])).toThrow(
      /at most one/,
    );
    expect(
      () => new Faults(JSON.parse('[{"call":"RunInstances","fault":"gremlins"}]') as FaultPlanInput),
    ).toThrow();
  });
});
