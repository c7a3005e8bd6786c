/** What a destroy does when Terraform cannot: look away, wait, or believe the cloud that there is nothing left. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodeKey } from '../../src/node/keys.js';
import type { NodeRecord } from '../../src/node/record.js';
import { inspectState } from '../../src/state/document.js';
import {
  applyErrored,
  applyStart,
  diagnostic,
  HostileTerraform,
  type Scenario,
  type Step,
} from '../support/hostile-terraform.js';
import { Yard } from '../support/yard.js';

const hostile = new HostileTerraform();
let yard: Yard;
let id = '';
beforeAll(async () => {
  yard = await Yard.open({
    NODEYARD_TERRAFORM_BINARY: hostile.binary,
    NODEYARD_RETRY_DESTROY_ATTEMPTS: '2',
  });
  await yard.startWorker();
});
afterAll(async () => {
  await yard.close();
  hostile.close();
});
beforeEach(async () => {
  const request = { group: 'g', role: 'edge', stack: 'scripted', inputs: { ledger: yard.ledgerFile } };
  const { node } = await yard.app.client.requestNode(request);
  await yard.reaches(node.id, 'CREATED');
  ({ id } = node);
  hostile.reset();
});
afterEach(async () => {
  hostile.on('destroy');
  await yard.app.client.requestDestruction(id);
  await yard.reaches(id, 'DESTROYED');
});

async function destroy(...scenarios: (Scenario | 'real')[]): Promise<NodeRecord> {
  hostile.on('destroy', ...scenarios);
  await yard.app.client.requestDestruction(id);
  return yard.app.client.waitFor(id, ['DESTROYED'], { timeoutMs: 30_000 });
}

/** Whether each run looked at the real resources first. */
const looked = (): boolean[] => hostile.calls('destroy').map(({ args }) => !args.includes('-refresh=false'));

const destroyedResources = (): string[] =>
  yard
    .ledger()
    .filter(({ node, what, mark }) => node === id && what === 'destroy' && mark === 'end')
    .map(({ resource }) => resource)
    .sort();

const failing = (...steps: Step[]): Scenario => ({ steps: [...steps, { exit: 1 }] });
const api = (code: string, status: number): string =>
  `operation error EC2: X, StatusCode: ${status}, api error ${code}: no`;

describe('a destroy that cannot be planned', () => {
  test.each([
    ['for a reason that nobody knows', 'no matching thing found'],
    ['because the look is forbidden', api('UnauthorizedOperation', 403)],
    ['because a provider is not configured', 'Invalid provider configuration'],
  ])('%s is done without a look at the real resources, and costs no attempt', async (_, summary) => {
    const node = await destroy(failing(diagnostic(summary, { address: 'data.aws_ami.image' })), 'real');
    expect(node).toMatchObject({ state: 'DESTROYED', attempts: 0 });
    expect(looked()).toEqual([true, false]);
    expect(destroyedResources()).toEqual(['r0', 'r1']);
  });

  test('because the cloud is called too often is tried again as it is, not blindly', async () => {
    const node = await destroy(failing(diagnostic(api('RequestLimitExceeded', 503))), 'real');
    expect(node).toMatchObject({ state: 'DESTROYED', attempts: 1 });
    expect(looked()).toEqual([true, true]);
  });

  test('with a look nor without one is FAILED for the last of both, its state kept', async () => {
    const node = await destroy(
      failing(diagnostic('no matching thing found')),
      failing(applyStart('a.b', 'delete'), diagnostic(api('UnauthorizedOperation', 403))),
    );
    expect(node).toMatchObject({
      state: 'FAILED',
      failure: { operation: 'destroy', code: 'DENIED', attempts: 1 },
    });
    expect(looked()).toEqual([true, false]);
    expect((await yard.app.states.load(id))?.resources).toBe(4);
  });
});

test('a destroy that fails after it has begun is not followed by a blind one', async () => {
  const begun = failing(applyStart('a.b', 'delete'), diagnostic('no luck'), applyErrored('a.b', 'delete'));
  expect(await destroy(begun, 'real')).toMatchObject({ state: 'DESTROYED', attempts: 1 });
  expect(looked()).toEqual([true, true]);
});

describe('resources that the cloud does not know any more', () => {
  const gone = (addresses: readonly string[]): Scenario =>
    failing(
      ...addresses.flatMap((address) => [
        applyStart(address, 'delete'),
        diagnostic(api('InvalidInstanceID.NotFound', 400), { address }),
        applyErrored(address, 'delete'),
      ]),
    );
  const addresses = async (): Promise<readonly string[]> => {
    const stored = await yard.app.states.load(id);
    return stored === undefined ? [] : inspectState(stored.document).addresses;
  };

  test('are taken out of the state, and the node is DESTROYED by that very run', async () => {
    expect(await destroy(gone(await addresses()))).toMatchObject({ state: 'DESTROYED' });
    expect(hostile.calls('destroy')).toHaveLength(1);
  });

  test('do not take others with them: the next run destroys those', async () => {
    const [first = '', ...others] = await addresses();
    const node = await destroy(gone([first]), 'real');
    expect(node).toMatchObject({ state: 'DESTROYED' });
    expect(hostile.calls('destroy')).toHaveLength(2);
    expect(others).toHaveLength(3);
    expect(destroyedResources().length).toBeGreaterThan(0);
  });
});

describe('a node is destroyed by the configuration that it was made by when', () => {
  test('no worker knows its stack any more', async () => {
    await yard.app.redis.hset(nodeKey(id), 'stack', 'a-stack-of-yore');
    expect(await destroy('real')).toMatchObject({ state: 'DESTROYED' });
    expect(destroyedResources()).toEqual(['r0', 'r1']);
  });

  test('its stack has learnt to refuse its inputs', async () => {
    await yard.app.redis.hset(nodeKey(id), 'inputs', '{"ledger":7}');
    expect(await destroy('real')).toMatchObject({ state: 'DESTROYED' });
    expect(destroyedResources()).toEqual(['r0', 'r1']);
  });
});
