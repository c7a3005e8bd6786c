/** What a group may say, what it need not say, and what is told of nonsense. */
import { describe, expect, it } from 'vitest';
import { type GroupConfigInput, groupConfigSchema, nodeOf } from '../../src/groups/config.js';
import { parseInput } from '../../src/node/problems.js';

const group = (changes: Partial<GroupConfigInput> = {}): GroupConfigInput => ({
  name: 'media',
  stack: 'local-node',
  roles: { edge: { max: 10 } },
  ...changes,
});
const read = (value: unknown) => parseInput(groupConfigSchema, value);

describe('a group', () => {
  it('needs a name, a stack and a role with its most nodes, and has defaults for the rest', () => {
    expect(read(group())).toEqual({
      name: 'media',
      isScalingPaused: false,
      stack: 'local-node',
      inputs: {},
      roles: {
        edge: {
          inputs: {},
          lifecycle: 'AUTO',
          min: 0,
          max: 10,
          increment: 1,
          capacityRanking: 'connections',
          capacityLimit: null,
          warmUp: 60_000,
          coolDown: { out: 60_000, in: 300_000 },
          drain: { softLimit: 600_000, hardLimit: 60_000, command: 'RemoveSubscribers' },
          failurePolicy: { window: 4, failures: 2, pause: 60_000, maxPause: 3_600_000, removeAfter: 300_000 },
        },
      },
    });
  });

  it('reads durations as people write them, and reads again what it has read', () => {
    const written = read(group({ roles: { edge: { max: 1, warmUp: '90s', drain: { softLimit: '2h' } } } }));
    expect(written.roles['edge']).toMatchObject({ warmUp: 90_000, drain: { softLimit: 7_200_000 } });
    expect(read(written)).toEqual(written);
  });

  it.each([
    [group({ roles: {} }), 'roles: must have at least one role'],
    [
      group({ roles: { edge: { max: 2, min: 3 } } }),
      'roles.edge.min: is 3, and max is 2; it must not be above',
    ],
    [{ ...group(), stack: undefined }, 'roles.edge.stack: is missing, and the group has none either'],
    [group({ roles: { edge: { max: 2000 } } }), 'roles.edge.max: must be at most 1024'],
    [group({ name: '../up' }), 'name: must be 1–63 letters'],
    [group({ roles: { 'a b': { max: 1 } } }), 'roles.a b: its name must be 1–63 letters'],
    [
      group({ roles: { edge: { max: 1, size: 3 } as never } }),
      'roles.edge.size: is not a known field; remove it',
    ],
    [
      group({ roles: { edge: { max: 1, warmUp: 'soon' } } }),
      'roles.edge.warmUp: must be a duration from 0s to 1d',
    ],
    [
      group({ roles: { edge: { max: 1, outExpression: 'avg(cpu) >' } } }),
      'roles.edge.outExpression: the end is not expected here; a number, a metric or "(" is (character 11 of "avg(cpu) >")',
    ],
    [
      group({ roles: { edge: { max: 1, capacityLimit: 'avg(cpu)' } } }),
      'roles.edge.capacityLimit: avg(…) speaks of many nodes',
    ],
    [
      group({ roles: { edge: { max: 1, failurePolicy: { window: 2, failures: 3 } } } }),
      'roles.edge.failurePolicy: has more failures than its window',
    ],
  ])('is refused by the name of what is wrong %#', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it('gives its stack and its inputs to the nodes of a role that says nothing else', () => {
    const config = read(
      group({
        inputs: { region: 'eu-west-1', size: 1 },
        roles: { edge: { max: 1, inputs: { size: 2 } }, origin: { max: 1, stack: 'aws-node' } },
      }),
    );
    expect(nodeOf(config, 'edge')).toEqual({ stack: 'local-node', inputs: { region: 'eu-west-1', size: 2 } });
    expect(nodeOf(config, 'origin')).toEqual({ stack: 'aws-node', inputs: { region: 'eu-west-1', size: 1 } });
    expect(() => nodeOf(config, 'toString')).toThrow('group media has no role toString');
  });
});
