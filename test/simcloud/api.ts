/**
 * What the provider and the cloud say to each other: one HTTP request for each call, JSON, over a unix socket. Names and
 * forms of calls, inputs and outputs are EC2’s own (docs.aws.amazon.com/AWSEC2/latest/APIReference), as its SDKs show them.
 */

/** The variable that tells a provider where its cloud listens. */
export const SOCKET_VARIABLE = 'SIMCLOUD_SOCKET';

export interface CloudRequest {
  /** `RunInstances` */
  readonly call: string;
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  /** Of a role; the account’s own user when absent. */
  readonly session?: SessionKeys | undefined;
}

/** What says of a request that a role makes it. */
export interface SessionKeys {
  readonly accessKeyId: string;
  readonly token: string;
}

/** The provider says its process, who speaks EC2’s own protocol says its `User-Agent`. */
export interface Caller {
  readonly pid?: number | undefined;
  /** The run of nodeyard in which the provider was started, where it was. */
  readonly run?: string | undefined;
  readonly agent?: string | undefined;
}

export type CloudReply =
  | { readonly requestId: string; readonly output: Readonly<Record<string, unknown>> }
  | { readonly requestId: string; readonly error: ApiError; readonly status: number }
  /** A fault that the provider carries out on itself. */
  | { readonly requestId: string; readonly crash: true };

export interface ApiError {
  readonly code: string;
  readonly message: string;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface TagSpecification {
  readonly ResourceType: 'instance' | 'volume' | 'spot-instances-request';
  readonly Tags: readonly Tag[];
}

export interface EbsSettings {
  readonly DeleteOnTermination?: boolean | undefined;
  readonly Encrypted?: boolean | undefined;
  readonly Iops?: number | undefined;
  readonly KmsKeyId?: string | undefined;
  readonly SnapshotId?: string | undefined;
  readonly Throughput?: number | undefined;
  readonly VolumeSize?: number | undefined;
  readonly VolumeType?: string | undefined;
}

export interface MetadataOptions {
  readonly HttpEndpoint?: string | undefined;
  readonly HttpProtocolIpv6?: string | undefined;
  readonly HttpPutResponseHopLimit?: number | undefined;
  readonly HttpTokens?: string | undefined;
  readonly InstanceMetadataTags?: string | undefined;
}

export interface SpotOptions {
  readonly InstanceInterruptionBehavior?: string | undefined;
  readonly MaxPrice?: string | undefined;
  readonly SpotInstanceType?: string | undefined;
}

export interface RunInstancesInput {
  readonly ClientToken?: string | undefined;
  readonly ImageId?: string | undefined;
  readonly InstanceType?: string | undefined;
  readonly AvailabilityZone?: string | undefined;
  readonly SubnetId?: string | undefined;
  readonly SecurityGroupIds?: readonly string[] | undefined;
  readonly AssociatePublicIpAddress?: boolean | undefined;
  readonly KeyName?: string | undefined;
  readonly IamInstanceProfile?: string | undefined;
  /** Base64. */
  readonly UserData?: string | undefined;
  readonly RootVolume?: EbsSettings | undefined;
  readonly InstanceMarketOptions?:
    | { readonly MarketType: string; readonly SpotOptions?: SpotOptions }
    | undefined;
  readonly MetadataOptions?: MetadataOptions | undefined;
  readonly DisableApiTermination?: boolean | undefined;
  readonly EbsOptimized?: boolean | undefined;
  readonly Monitoring?: boolean | undefined;
  readonly TagSpecifications?: readonly TagSpecification[] | undefined;
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface Instance {
  readonly InstanceId: string;
  readonly ImageId: string;
  readonly InstanceType: string;
  readonly State: { readonly Name: InstanceState };
  readonly Placement: { readonly AvailabilityZone: string; readonly Tenancy: string };
  readonly SubnetId: string;
  readonly VpcId: string;
  readonly SecurityGroups: readonly { readonly GroupId: string; readonly GroupName: string }[];
  readonly PrivateIpAddress: string;
  readonly PrivateDnsName: string;
  readonly PublicIpAddress?: string | undefined;
  readonly PublicDnsName: string;
  readonly NetworkInterfaceId: string;
  readonly KeyName?: string | undefined;
  readonly IamInstanceProfile?: string | undefined;
  readonly UserData?: string | undefined;
  readonly SpotInstanceRequestId?: string | undefined;
  readonly SpotOptions?: SpotOptions | undefined;
  readonly MetadataOptions: Required<MetadataOptions>;
  readonly DisableApiTermination: boolean;
  readonly EbsOptimized: boolean;
  readonly Monitoring: boolean;
  readonly SourceDestCheck: boolean;
  readonly RootDeviceName: string;
  readonly RootVolumeId: string;
  readonly LaunchTime: string;
  readonly Tags: readonly Tag[];
}

export interface Volume {
  readonly VolumeId: string;
  readonly AvailabilityZone: string;
  readonly State: 'creating' | 'available' | 'in-use' | 'deleting';
  readonly Size: number;
  readonly VolumeType: string;
  readonly Iops: number;
  readonly Throughput: number;
  readonly Encrypted: boolean;
  readonly KmsKeyId?: string | undefined;
  readonly SnapshotId: string;
  readonly MultiAttachEnabled: boolean;
  readonly CreateTime: string;
  readonly Attachments: readonly {
    readonly InstanceId: string;
    readonly Device: string;
    readonly AttachTime: string;
    readonly DeleteOnTermination: boolean;
    readonly State: 'attaching' | 'attached' | 'detaching';
  }[];
  readonly Tags: readonly Tag[];
}

export interface Address {
  readonly AllocationId: string;
  readonly PublicIp: string;
  readonly Domain: string;
  readonly AssociationId?: string | undefined;
  readonly InstanceId?: string | undefined;
  readonly NetworkInterfaceId?: string | undefined;
  readonly PrivateIpAddress?: string | undefined;
  readonly NetworkBorderGroup: string;
  readonly PublicIpv4Pool: string;
  readonly Tags: readonly Tag[];
}

export interface SecurityGroup {
  readonly GroupId: string;
  readonly GroupName: string;
  readonly Description: string;
  readonly VpcId: string;
  readonly OwnerId: string;
  readonly Tags: readonly Tag[];
}

export interface RuleTerms {
  readonly IpProtocol: string;
  readonly FromPort: number;
  readonly ToPort: number;
  readonly CidrIpv4?: string | undefined;
  readonly CidrIpv6?: string | undefined;
  readonly PrefixListId?: string | undefined;
  readonly ReferencedGroupId?: string | undefined;
  readonly Description?: string | undefined;
}

export interface SecurityGroupRule extends RuleTerms {
  readonly SecurityGroupRuleId: string;
  readonly GroupId: string;
  readonly IsEgress: boolean;
  readonly Tags: readonly Tag[];
}

export interface Image {
  readonly ImageId: string;
  readonly Name: string;
  readonly Description: string;
  readonly OwnerId: string;
  readonly ImageOwnerAlias?: string | undefined;
  readonly Architecture: string;
  readonly CreationDate: string;
  readonly RootDeviceName: string;
  readonly State: string;
}

export const tagsAsList = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const tagsAsMap = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
