/** Refusals of the cloud, by EC2’s codes (AWSEC2/latest/APIReference/errors-overview.html). */

export class CloudRefusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** What EC2 says of an id that it does not know, by the kind of resource. */
const NOT_FOUND: Readonly<Record<string, readonly [code: string, what: string]>> = {
  i: ['InvalidInstanceID.NotFound', 'instance ID'],
  vol: ['InvalidVolume.NotFound', 'volume'],
  eipalloc: ['InvalidAllocationID.NotFound', 'allocation ID'],
  eipassoc: ['InvalidAssociationID.NotFound', 'association ID'],
  sg: ['InvalidGroup.NotFound', 'security group'],
  sgr: ['InvalidSecurityGroupRuleId.NotFound', 'security group rule ID'],
  sir: ['InvalidSpotInstanceRequestID.NotFound', 'spot instance request ID'],
  ami: ['InvalidAMIID.NotFound', 'image id'],
  subnet: ['InvalidSubnetID.NotFound', 'subnet ID'],
  vpc: ['InvalidVpcID.NotFound', 'vpc ID'],
  snap: ['InvalidSnapshot.NotFound', 'snapshot'],
};

export function notFound(id: string): CloudRefusal {
  const [code, what] = NOT_FOUND[id.split('-', 1)[0] ?? ''] ?? ['InvalidID', 'ID'];
  return new CloudRefusal(code, `The ${what} '${id}' does not exist`);
}
