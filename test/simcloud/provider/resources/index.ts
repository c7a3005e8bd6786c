/** Every type that the provider knows, by its name in Terraform. */
import { address, addressAssociation } from './address.js';
import { image } from './image.js';
import { instance } from './instance.js';
import type { Lookup, ResourceType } from './resource.js';
import { securityGroup } from './security-group.js';
import { securityGroupRule } from './security-group-rule.js';
import { tag } from './tag.js';
import { volume } from './volume.js';
import { volumeAttachment } from './volume-attachment.js';

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  aws_instance: instance,
  aws_security_group: securityGroup,
  aws_vpc_security_group_ingress_rule: securityGroupRule('Ingress'),
  aws_vpc_security_group_egress_rule: securityGroupRule('Egress'),
  aws_eip: address,
  aws_eip_association: addressAssociation,
  aws_ebs_volume: volume,
  aws_volume_attachment: volumeAttachment,
  aws_ec2_tag: tag,
};

export const LOOKUPS: Readonly<Record<string, Lookup>> = { aws_ami: image };
