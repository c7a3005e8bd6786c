/** Which actions are spoken in EC2’s own protocol, which of their parameters the calls heed, and what the answer shows. */
import type { Instance } from '../../api.js';

interface Action {
  /** Any other is refused: to pass over a `DryRun` would be worse than to know none. */
  readonly takes: readonly string[];
  /** From the call’s output to the SDK’s shape. */
  readonly shows?: (output: Output) => Output;
}

type Output = Readonly<Record<string, unknown>>;

const PAGED = ['Filters', 'MaxResults', 'NextToken'] as const;
const done = (): Output => ({ Return: true });

const ACTIONS: Readonly<Record<string, Action>> = {
  DescribeInstances: { takes: ['InstanceIds', ...PAGED], shows: showInstances },
  DescribeVolumes: { takes: ['VolumeIds', ...PAGED] },
  DescribeAddresses: { takes: ['AllocationIds', 'Filters'] },
  DescribeSecurityGroups: { takes: ['GroupIds', ...PAGED] },
  DescribeSecurityGroupRules: { takes: ['SecurityGroupRuleIds', ...PAGED] },
  TerminateInstances: { takes: ['InstanceIds'], shows: showChanges },
  DetachVolume: { takes: ['VolumeId', 'InstanceId', 'Device'] },
  DeleteVolume: { takes: ['VolumeId'] },
  DisassociateAddress: { takes: ['AssociationId'] },
  ReleaseAddress: { takes: ['AllocationId'] },
  RevokeSecurityGroupIngress: { takes: ['GroupId', 'SecurityGroupRuleIds'], shows: done },
  RevokeSecurityGroupEgress: { takes: ['GroupId', 'SecurityGroupRuleIds'], shows: done },
  DeleteSecurityGroup: { takes: ['GroupId'], shows: done },
};

export const actionOf = (name: string): Action | undefined =>
  Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;

const STATE_CODES: Readonly<Record<string, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const state = ({ Name }: { readonly Name: string }) => ({ Code: STATE_CODES[Name], Name });

function showInstances({ Reservations, ...more }: Output): Output {
  const reservations = Reservations as readonly { readonly Instances: readonly Instance[] }[];
  return {
    ...more,
    Reservations: reservations.map(({ Instances }) => ({ Instances: Instances.map(showInstance) })),
  };
}

/** Without block devices and network interfaces, which this cloud keeps elsewhere. */
function showInstance({ Monitoring, IamInstanceProfile, State, ...instance }: Instance): Output {
  return {
    ...instance,
    State: state(State),
    Monitoring: { State: Monitoring ? 'enabled' : 'disabled' },
    ...(IamInstanceProfile === undefined ? {} : { IamInstanceProfile: { Id: IamInstanceProfile } }),
    ...(instance.SpotInstanceRequestId === undefined ? {} : { InstanceLifecycle: 'spot' }),
  };
}

function showChanges({ TerminatingInstances }: Output): Output {
  const changes = TerminatingInstances as readonly Readonly<
    Record<'PreviousState' | 'CurrentState', { readonly Name: string }>
  >[];
  return {
    TerminatingInstances: changes.map((change) => ({
      ...change,
      PreviousState: state(change.PreviousState),
      CurrentState: state(change.CurrentState),
    })),
  };
}
