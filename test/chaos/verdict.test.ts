/** Every rule of the verdict on evidence made by hand: what is well has no violation, and each rule can break. */
import { describe, expect, test } from 'vitest';
import type { CloudRecord } from '../simcloud/cloud/records.js';
import type { Evidence, NodeEvidence } from './evidence.js';
import { judge, numbersOf, RULES, type RuleName } from './verdict.js';

const resource = (kind: CloudRecord['kind'], id: string, nodeId: string, more: object = {}): CloudRecord =>
  ({
    kind,
    id,
    region: 'eu-central-1',
    tags: nodeId === '' ? {} : { 'nodeyard:node-id': nodeId },
    createdAt: 0,
    visibleAt: 0,
    ...more,
  }) as CloudRecord;

const living = (id: string, ...held: string[]): NodeEvidence => ({
  id,
  asked: 'life',
  record: { state: 'CREATED' },
  held: new Set(held),
});
const gone = (id: string): NodeEvidence => ({ id, asked: 'destruction', record: { state: 'DESTROYED' } });
const attachedTo = (instanceId: string, deleteOnTermination: boolean) => ({
  attachment: { instanceId, device: '/dev/xvda', deleteOnTermination, attachedAt: 0 },
});

/** A node with everything that it can have, and one that is gone. */
const GOOD: Evidence = {
  nodes: [living('a', 'i-a', 'vol-data', 'eipalloc-a', 'sg-a', 'sgr-a'), gone('b')],
  resources: [
    resource('instance', 'i-a', 'a'),
    resource('volume', 'vol-root', 'a', attachedTo('i-a', true)),
    resource('volume', 'vol-data', 'a', attachedTo('i-a', false)),
    resource('address', 'eipalloc-a', 'a'),
    resource('security-group', 'sg-a', 'a'),
    resource('security-group-rule', 'sgr-a', 'a'),
    resource('spot-request', 'sir-a', 'a', { instanceId: 'i-a' }),
  ],
  quarantines: [],
  jobs: [],
  runDirectories: [],
  processes: [],
  keys: [],
};

const broken = (change: Partial<Evidence>): Partial<Record<RuleName, number>> =>
  Object.fromEntries(
    Object.entries(numbersOf(judge({ ...GOOD, ...change }))).filter(([, number]) => number > 0),
  );
const withResources = (...more: CloudRecord[]) => broken({ resources: [...GOOD.resources, ...more] });
const withNodes = (...more: NodeEvidence[]) => broken({ nodes: [...GOOD.nodes, ...more] });

describe('the verdict', () => {
  test('finds nothing wrong where everything is owned and everything is where it was asked to be', () => {
    expect(judge(GOOD)).toEqual([]);
    expect(Object.keys(numbersOf([]))).toEqual(Object.keys(RULES));
  });

  test.each([
    ['of a node that nobody asked for', resource('instance', 'i-x', 'stranger')],
    ['without any tag', resource('instance', 'i-x', '')],
    ['of a node that is destroyed', resource('instance', 'i-x', 'b')],
  ])('an instance %s has no owner', (_, instance) => {
    expect(withResources(instance)).toEqual({ unownedInstances: 1 });
  });

  test('a second instance of a node is one too many, and has no owner where the state does not hold it', () => {
    expect(withResources(resource('instance', 'i-x', 'a'))).toEqual({ unownedInstances: 1, doubledNodes: 1 });
    const both = living('a', 'i-a', 'i-x', 'vol-data', 'eipalloc-a', 'sg-a');
    expect(
      broken({ nodes: [both, gone('b')], resources: [...GOOD.resources, resource('instance', 'i-x', 'a')] }),
    ).toEqual({ doubledNodes: 1 });
  });

  test.each<[string, NodeEvidence]>([
    ['to live and is not there', { id: 'c', asked: 'life', record: { state: 'CREATING' } }],
    ['to live and has failed', { id: 'c', asked: 'life', record: { state: 'FAILED' } }],
    ['to live and was destroyed', { id: 'c', asked: 'life', record: { state: 'DESTROYED' } }],
    ['to be destroyed and is not', { id: 'c', asked: 'destruction', record: { state: 'DESTROYING' } }],
    ['for and is not on record', { id: 'c', asked: 'life' }],
  ])('a node that was asked %s is stuck', (_, node) => {
    expect(withNodes(node)).toEqual({ stuckNodes: 1 });
  });

  test('the state of a node whose instance it does not hold is lost', () => {
    expect(broken({ nodes: [living('a', 'vol-data', 'eipalloc-a', 'sg-a'), gone('b')] })).toEqual({
      unownedInstances: 1,
      lostStates: 1,
    });
    const without = { id: 'a', asked: 'life', record: { state: 'CREATED' } } as const;
    expect(broken({ nodes: [without, gone('b')] })).toMatchObject({ lostStates: 1 });
  });

  test('a destroyed node that has a state has lost its way', () => {
    expect(broken({ nodes: [GOOD.nodes[0]!, { ...gone('b'), held: new Set() }] })).toEqual({ lostStates: 1 });
  });

  test('a created node has an instance', () => {
    expect(withNodes(living('c', 'i-c'))).toEqual({ missingInstances: 1 });
  });

  test.each([
    ['a volume', resource('volume', 'vol-x', 'a')],
    [
      'a volume that hangs on its instance, but not as its root',
      resource('volume', 'vol-x', 'a', attachedTo('i-a', false)),
    ],
    [
      'the root volume of an instance that is gone',
      resource('volume', 'vol-x', 'a', attachedTo('i-x', true)),
    ],
    ['an address', resource('address', 'eipalloc-x', 'a')],
    ['a group', resource('security-group', 'sg-x', 'b')],
    ['a spot request whose instance is gone', resource('spot-request', 'sir-x', 'a', { instanceId: 'i-x' })],
  ])('%s that no state holds is left', (_, left) => {
    expect(withResources(left)).toEqual({ leftResources: 1 });
  });

  test.each([
    ['quarantines', 'a@3'],
    ['openJobs', '1 create active'],
    ['runDirectories', '/d/runs/a.3.run'],
    ['processes', 'terraform 7: terraform apply'],
    ['keys', '{nodeyard}:state:b'],
  ] as const)('%s that are left are counted', (rule, what) => {
    expect(broken({ [rule === 'openJobs' ? 'jobs' : rule]: [what] })).toEqual({ [rule]: 1 });
  });

  test('names the node of a quarantined state and of a run directory', () => {
    const violations = judge({ ...GOOD, quarantines: ['a@3'], runDirectories: ['/d/runs/b.4.0f-1'] });
    expect(violations.map(({ nodeId }) => nodeId)).toEqual(['a', 'b']);
  });
});
