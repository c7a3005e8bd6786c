/**
 * `aws-node`: an EC2 instance with what it needs around it. Attributes are those of the AWS provider 6.25 (its pages
 * aws_instance, aws_ami, aws_eip, aws_ebs_volume, aws_volume_attachment, aws_security_group and its rules).
 */
import { DataAwsAmi } from '@cdktf/provider-aws/lib/data-aws-ami/index.js';
import { Ec2Tag } from '@cdktf/provider-aws/lib/ec2-tag/index.js';
import { Instance, type InstanceConfig } from '@cdktf/provider-aws/lib/instance/index.js';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { Construct } from 'constructs';
import { NodeyardError } from '../src/errors.js';
import { type AwsNodeInputs, awsNodeInputs } from './aws-node/inputs.js';
import { placeOf, readPlace } from './aws-node/inventory/place.js';
import { addElasticIp, addSecurityGroup } from './aws-node/network.js';
import { addDataVolumes, instanceStorage } from './aws-node/storage.js';
import { userDataWithAgent } from './aws-node/user-data.js';
import { defined, tagsOf } from './aws-node/values.js';
import { defineNodeStack, type NodeContext } from './define.js';

export const awsNode = defineNodeStack({
  name: 'aws-node',
  inputs: awsNodeInputs,
  batchKey: ({ region, assumeRole }) =>
    JSON.stringify([region, assumeRole?.roleArn, assumeRole?.externalId, assumeRole?.sessionName]),
  provider(stack, { region, assumeRole }) {
    new AwsProvider(stack, 'aws', {
      region,
      ...(assumeRole === undefined
        ? {}
        : { assumeRole: [defined({ ...assumeRole }) as { readonly roleArn: string }] }),
    });
  },
  inventory: {
    // What a role makes stands in the role’s account, where the worker’s own credentials see nothing.
    place: placeOf,
    async open(place, context, details) {
      const { region, role } = readPlace(place, details);
      const { openAwsInventory } = await import('./aws-node/inventory.js');
      return openAwsInventory(region, context, { place, ...(role && { role }) });
    },
  },
  heartbeats: ({ agent }) =>
    agent && defined({ startSeconds: agent.startSeconds, silenceSeconds: agent.silenceSeconds }),
  node(scope, inputs, node) {
    const tags = tagsOf(node);
    const group = inputs.securityGroup && addSecurityGroup(scope, inputs.securityGroup, node, tags);
    const groups = [...(inputs.securityGroupIds ?? []), ...(group === undefined ? [] : [group.id])];
    const instance = new Instance(scope, 'instance', {
      ...image(scope, inputs),
      ...placement(inputs),
      ...userData(inputs, node),
      ...lasting(inputs),
      ...market(inputs),
      ...instanceStorage(inputs, tags),
      ...(groups.length === 0 ? {} : { vpcSecurityGroupIds: groups }),
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: inputs.metadata.tokens,
        httpPutResponseHopLimit: inputs.metadata.hopLimit,
      },
      // Protected, a node could not be destroyed by the one who made it.
      disableApiTermination: false,
      tags,
    });
    addDataVolumes(scope, inputs, instance, tags);
    if (inputs.spot !== undefined) tagSpotRequest(scope, instance, node);
    const address = inputs.elasticIp ? addElasticIp(scope, instance, tags).publicIp : instance.publicIp;
    return {
      instanceId: instance.id,
      privateAddress: instance.privateIp,
      publicAddress: address,
      zone: instance.availabilityZone,
    };
  },
});

function image(scope: Construct, { ami, amiFilter }: AwsNodeInputs): Pick<InstanceConfig, 'ami'> {
  if (amiFilter === undefined) return defined({ ami });
  const found = new DataAwsAmi(scope, 'image', {
    mostRecent: true,
    owners: amiFilter.owners,
    filter: [
      { name: 'name', values: [amiFilter.name] },
      { name: 'state', values: ['available'] },
      ...(amiFilter.architecture === undefined
        ? []
        : [{ name: 'architecture', values: [amiFilter.architecture] }]),
    ],
  });
  return { ami: found.id };
}

/** What must not be changed under a node that runs: by a newer image, by another address of the API or another token. */
function lasting({ amiFilter, agent }: AwsNodeInputs): Pick<InstanceConfig, 'lifecycle'> {
  const ignoreChanges = [
    ...(amiFilter === undefined ? [] : ['ami']),
    ...(agent === undefined ? [] : ['user_data']),
  ];
  return ignoreChanges.length === 0 ? {} : { lifecycle: { ignoreChanges } };
}

/** Throws CONFIG_INVALID where an agent is wanted and would have nobody to speak to. */
function userData(
  { agent, userData: text, userDataBase64 }: AwsNodeInputs,
  { events }: NodeContext,
): Pick<InstanceConfig, 'userData' | 'userDataBase64'> {
  if (agent === undefined) return defined({ userData: text, userDataBase64 });
  if (events === undefined) {
    throw new NodeyardError(
      'CONFIG_INVALID',
      'inputs.agent: the agent has nobody to speak to; set api.publicUrl to the address under which nodes reach the API',
      { field: 'api.publicUrl' },
    );
  }
  return { userData: userDataWithAgent(events, agent, { userData: text, userDataBase64 }) };
}

const placement = (inputs: AwsNodeInputs): InstanceConfig => ({
  instanceType: inputs.instanceType,
  ...defined({
    availabilityZone: inputs.zone,
    subnetId: inputs.subnetId,
    // Not beside an Elastic IP: the instance then has a public address, and `false` would ask for its replacement.
    associatePublicIpAddress: inputs.publicIp,
    keyName: inputs.keyName,
    iamInstanceProfile: inputs.instanceProfile,
  }),
});

const market = ({ spot }: AwsNodeInputs): Pick<InstanceConfig, 'instanceMarketOptions'> =>
  spot === undefined
    ? {}
    : {
        instanceMarketOptions: {
          marketType: 'spot',
          spotOptions: {
            spotInstanceType: 'one-time',
            instanceInterruptionBehavior: 'terminate',
            ...defined({ maxPrice: spot.maxPrice }),
          },
        },
      };

/** The tags of an instance do not reach the spot request that it came from. */
function tagSpotRequest(scope: Construct, instance: Instance, node: NodeContext): void {
  for (const [key, value] of Object.entries(node.ownershipTags)) {
    new Ec2Tag(scope, `spot-request-${key.replace('nodeyard:', '')}`, {
      resourceId: instance.spotInstanceRequestId,
      key,
      value,
    });
  }
}
