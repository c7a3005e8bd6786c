/**
 * What the cloud remembers. Nothing here has a timer: whatever takes time carries the moment at which it will have
 * happened, and is judged by the clock when somebody asks.
 */
import type { EbsSettings, InstanceState, MetadataOptions, RuleTerms, SpotOptions } from '../api.js';

interface Kept {
  readonly id: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  /** Before it, only the call that made the resource knows of it (eventual consistency). */
  readonly visibleAt: number;
  /** From then on it does not exist, which may be in the future. */
  readonly deletedAt?: number;
}

export interface InstanceRecord extends Kept {
  readonly kind: 'instance';
  readonly clientToken?: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly groupIds: readonly string[];
  readonly keyName?: string;
  readonly profile?: string;
  readonly userData?: string;
  readonly spot?: SpotOptions & { readonly requestId: string };
  readonly metadata: Required<MetadataOptions>;
  readonly protectedFromTermination: boolean;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly sourceDestCheck: boolean;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly rootVolumeId: string;
  /** On or off, reached at `powerAt`. */
  readonly power: 'on' | 'off';
  readonly powerAt: number;
}

/** As EBS completes them. */
export interface VolumeSettings extends EbsSettings {
  readonly VolumeSize: number;
  readonly VolumeType: string;
  readonly Iops: number;
  readonly Throughput: number;
  readonly Encrypted: boolean;
}

export interface VolumeRecord extends Kept {
  readonly kind: 'volume';
  readonly clientToken?: string;
  readonly zone: string;
  readonly settings: VolumeSettings;
  readonly availableAt: number;
  readonly attachment?: {
    readonly instanceId: string;
    readonly device: string;
    readonly deleteOnTermination: boolean;
    readonly attachedAt: number;
    /** From then on it is free again. */
    readonly detachedAt?: number;
  };
}

export interface AddressRecord extends Kept {
  readonly kind: 'address';
  readonly publicIp: string;
  readonly association?: {
    readonly id: string;
    readonly instanceId: string;
    readonly endsAt?: number;
  };
}

export interface SecurityGroupRecord extends Kept {
  readonly kind: 'security-group';
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
}

export interface SecurityGroupRuleRecord extends Kept {
  readonly kind: 'security-group-rule';
  readonly groupId: string;
  readonly isEgress: boolean;
  readonly terms: RuleTerms;
}

export interface SpotRequestRecord extends Kept {
  readonly kind: 'spot-request';
  readonly instanceId: string;
  readonly maxPrice?: string;
}

export type CloudRecord =
  | InstanceRecord
  | VolumeRecord
  | AddressRecord
  | SecurityGroupRecord
  | SecurityGroupRuleRecord
  | SpotRequestRecord;

export type Kind = CloudRecord['kind'];
export type RecordOf<K extends Kind> = Extract<CloudRecord, { readonly kind: K }>;

export const exists = (record: CloudRecord, now: number): boolean =>
  record.deletedAt === undefined || record.deletedAt > now;

export function instanceState(record: InstanceRecord, now: number): InstanceState {
  if (record.deletedAt !== undefined) return now >= record.deletedAt ? 'terminated' : 'shutting-down';
  if (record.power === 'on') return now >= record.powerAt ? 'running' : 'pending';
  return now >= record.powerAt ? 'stopped' : 'stopping';
}

export const attachmentNow = (record: VolumeRecord, now: number): VolumeRecord['attachment'] =>
  record.attachment?.detachedAt !== undefined && record.attachment.detachedAt <= now
    ? undefined
    : record.attachment;

export const associationNow = (record: AddressRecord, now: number): AddressRecord['association'] =>
  record.association?.endsAt !== undefined && record.association.endsAt <= now
    ? undefined
    : record.association;
