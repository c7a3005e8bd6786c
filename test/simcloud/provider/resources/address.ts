/** aws_eip and aws_eip_association */
import type { Address } from '../../api.js';
import type { Ec2 } from '../ec2.js';
import type { Values } from '../value.js';
import { differ, type ResourceType, tagsIn, tagValues, text, textIn, updateTags } from './resource.js';

export const address: ResourceType = {
  title: 'EC2 EIP',

  async create(ec2, planned, keep) {
    const made = await ec2.call<Address>('AllocateAddress', {
      Domain: 'vpc',
      Tags: tagsIn(planned['tags_all']),
    });
    keep(made.AllocationId);
    await ec2.until(`waiting for EC2 EIP (${made.AllocationId}) create`, () =>
      describe(ec2, made.AllocationId),
    );
    await associate(ec2, made.AllocationId, textIn(planned['instance']));
  },

  async read(ec2, state) {
    const found = await describe(ec2, text(state['id']));
    return found && { ...tagValues(found.Tags), ...values(ec2, found) };
  },

  async update(ec2, prior, planned) {
    const id = text(prior['id']);
    await updateTags(ec2, id, prior['tags_all'], planned['tags_all']);
    if (!differ(prior, planned, 'instance')) return;
    await disassociate(ec2, id);
    await associate(ec2, id, textIn(planned['instance']));
  },

  async delete(ec2, state) {
    const id = text(state['id']);
    await disassociate(ec2, id);
    await ec2.insist('ReleaseAddress', { AllocationId: id }, /^InvalidIPAddress\.InUse$/);
  },
};

export const addressAssociation: ResourceType = {
  title: 'EC2 EIP Association',

  async create(ec2, planned, keep) {
    const { AssociationId } = await ec2.call<{ AssociationId: string }>('AssociateAddress', {
      AllocationId: text(planned['allocation_id']),
      InstanceId: text(planned['instance_id']),
    });
    keep(AssociationId);
  },

  async read(ec2, state) {
    const found = await describe(ec2, text(state['allocation_id']));
    if (found?.AssociationId !== state['id']) return undefined;
    return {
      allocation_id: found?.AllocationId ?? '',
      instance_id: found?.InstanceId ?? '',
      network_interface_id: found?.NetworkInterfaceId ?? '',
      private_ip_address: found?.PrivateIpAddress ?? '',
      public_ip: found?.PublicIp ?? '',
    };
  },

  async delete(ec2, state) {
    await ec2.find('DisassociateAddress', { AssociationId: text(state['id']) });
  },
};

async function associate(ec2: Ec2, allocationId: string, instanceId: string | undefined): Promise<void> {
  if (instanceId === undefined) return;
  await ec2.call('AssociateAddress', { AllocationId: allocationId, InstanceId: instanceId });
}

async function disassociate(ec2: Ec2, allocationId: string): Promise<void> {
  const found = await describe(ec2, allocationId);
  if (found?.AssociationId === undefined) return;
  await ec2.find('DisassociateAddress', { AssociationId: found.AssociationId });
}

async function describe(ec2: Ec2, id: string): Promise<Address | undefined> {
  const found = await ec2.find<{ Addresses: Address[] }>('DescribeAddresses', { AllocationIds: [id] });
  return found?.Addresses[0];
}

const values = (ec2: Ec2, found: Address): Values => ({
  id: found.AllocationId,
  allocation_id: found.AllocationId,
  arn: ec2.arn('elastic-ip', found.AllocationId),
  association_id: found.AssociationId ?? '',
  carrier_ip: '',
  customer_owned_ip: '',
  domain: found.Domain,
  instance: found.InstanceId ?? '',
  ipam_pool_id: '',
  network_border_group: found.NetworkBorderGroup,
  network_interface: found.NetworkInterfaceId ?? '',
  private_dns: found.PrivateIpAddress === undefined ? '' : dns('ip', found.PrivateIpAddress, 'internal', ec2),
  private_ip: found.PrivateIpAddress ?? '',
  ptr_record: '',
  public_dns: dns('ec2', found.PublicIp, 'amazonaws.com', ec2),
  public_ip: found.PublicIp,
  public_ipv4_pool: found.PublicIpv4Pool,
});

const dns = (prefix: string, ip: string, suffix: string, { region }: Ec2): string =>
  `${prefix}-${ip.replaceAll('.', '-')}.${region}.compute.${suffix}`;
