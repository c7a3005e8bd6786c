import { describe, expect, it } from 'vitest';
import { synthesize } from '../../src/synth/synthesize.js';
import { awsNode } from '../../stacks/aws-node.js';
import { loadCatalog } from '../../stacks/catalog.js';
import { rehearsedCatalog } from '../../stacks/rehearsed.js';

const INPUTS = {
  region: 'eu-central-1',
  amiFilter: { owners: ['self'], name: 'x' },
  instanceType: 'm7g.large',
};
const member = (inputs: object) => [
  { fleet: 'f', nodeId: 'n1', group: 'g', role: 'r', tags: {}, localDir: '/nodes/n1', inputs },
];
const everything = {
  resources: ['aws_instance', 'aws_eip'],
  dataSources: ['aws_ami'],
};

describe('the stacks of a rehearsal', () => {
  it('say the same as ever, where all that they use is simulated', async () => {
    const catalog = rehearsedCatalog(await loadCatalog(), everything);
    const inputs = { ...INPUTS, elasticIp: true };
    expect(synthesize(catalog.get('aws-node'), member(inputs))).toEqual(synthesize(awsNode, member(inputs)));
    expect(() => synthesize(catalog.get('local-node'), member({}))).not.toThrow();
    expect(catalog.list()).toEqual((await loadCatalog()).list());
  });

  it('name every type that is not simulated, and those that are', async () => {
    const types = { resources: ['aws_instance', 'aws_ebs_volume'], dataSources: [] };
    const catalog = rehearsedCatalog(await loadCatalog(), types);
    expect(() => synthesize(catalog.get('aws-node'), member({ ...INPUTS, elasticIp: true }))).toThrow(
      'The simulated cloud has no aws_eip and no data.aws_ami, which stack "aws-node" uses. It has aws_ebs_volume, aws_instance.',
    );
  });
});
