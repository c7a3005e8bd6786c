/** data.aws_ami */
import type { Image } from '../../api.js';
import { isValues, listOf } from '../value.js';
import { type Lookup, text, textsIn } from './resource.js';

export const image: Lookup = async (ec2, config) => {
  const { Images } = await ec2.call<{ Images: Image[] }>('DescribeImages', {
    Owners: textsIn(config['owners']),
    Filters: listOf(config['filter'])
      .filter(isValues)
      .map((filter) => ({ Name: text(filter['name']), Values: textsIn(filter['values']) })),
  });
  const [found, ...others] = Images.toSorted((a, b) => b.CreationDate.localeCompare(a.CreationDate));
  if (found === undefined) {
    throw new Error('Your query returned no results. Please change your search criteria and try again.');
  }
  if (others.length > 0 && config['most_recent'] !== true) {
    throw new Error(
      'Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` attribute to true.',
    );
  }
  return {
    id: found.ImageId,
    image_id: found.ImageId,
    arn: `arn:aws:ec2:${ec2.region}::image/${found.ImageId}`,
    name: found.Name,
    description: found.Description,
    architecture: found.Architecture,
    creation_date: found.CreationDate,
    owner_id: found.OwnerId,
    image_owner_alias: found.ImageOwnerAlias ?? '',
    root_device_name: found.RootDeviceName,
    root_device_type: 'ebs',
    state: found.State,
    virtualization_type: 'hvm',
    hypervisor: 'xen',
    image_type: 'machine',
    public: true,
    tags: {},
    state_reason: {},
    product_codes: [],
    block_device_mappings: [],
  };
};
