/** aws_ec2_tag: one tag of a resource that Terraform does not hold itself. */
import type { Tag } from '../../api.js';
import type { Values } from '../value.js';
import { type ResourceType, text } from './resource.js';

export const tag: ResourceType = {
  title: 'EC2 Tag',

  async create(ec2, planned, keep) {
    await ec2.call('CreateTags', input(planned));
    keep(`${text(planned['resource_id'])},${text(planned['key'])}`);
  },

  async read(ec2, state) {
    const { resourceId, key } = named(state);
    const { Tags } = await ec2.call<{ Tags: Tag[] }>('DescribeTags', { ResourceId: resourceId });
    const found = Tags.find(({ Key }) => Key === key);
    return found && { resource_id: resourceId, key, value: found.Value };
  },

  async update(ec2, _prior, planned) {
    await ec2.call('CreateTags', input(planned));
  },

  async delete(ec2, state) {
    await ec2.find('DeleteTags', input(state));
  },
};

const named = (values: Values) => ({ resourceId: text(values['resource_id']), key: text(values['key']) });

const input = (values: Values) => ({
  Resources: [text(values['resource_id'])],
  Tags: [{ Key: text(values['key']), Value: text(values['value']) }],
});
