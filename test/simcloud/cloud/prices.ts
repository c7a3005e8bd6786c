/** What things cost, in US dollars. The figures are near those of us-east-1 in 2025; only their order matters. */
import type { CloudRecord, InstanceRecord } from './records.js';

const HOUR_MS = 3_600_000;
const MONTH_MS = 730 * HOUR_MS;

const LARGE_PER_HOUR: Readonly<Record<string, number>> = {
  t: 0.0832,
  c: 0.085,
  m: 0.096,
  r: 0.126,
  g: 0.526,
};
/** Of a `large`. */
const SIZES: Readonly<Record<string, number>> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
};
const SPOT_SHARE = 0.3;
const GIB_PER_MONTH: Readonly<Record<string, number>> = { gp3: 0.08, gp2: 0.1, io1: 0.125, io2: 0.125 };
const ADDRESS_PER_HOUR = 0.005;

function onDemandPrice(instanceType: string): number {
  const [family = '', size = ''] = instanceType.split('.', 2);
  const large = LARGE_PER_HOUR[family[0] ?? ''] ?? 0.1;
  const times = /^(\d*)xlarge$/.exec(size)?.[1];
  return large * (times === undefined ? (SIZES[size] ?? 16) : 2 * Number(times === '' ? 1 : times));
}

export const spotPrice = (instanceType: string): number => onDemandPrice(instanceType) * SPOT_SHARE;

const hourly = ({ spot, instanceType }: InstanceRecord): number =>
  spot === undefined ? onDemandPrice(instanceType) : spotPrice(instanceType);

/** From its creation to its end or to now, whichever came first. */
export function costOf(record: CloudRecord, now: number): number {
  const time = Math.max(0, Math.min(record.deletedAt ?? now, now) - record.createdAt);
  switch (record.kind) {
    case 'instance':
      return (hourly(record) * time) / HOUR_MS;
    case 'volume':
      return (
        (record.settings.VolumeSize * (GIB_PER_MONTH[record.settings.VolumeType] ?? 0.05) * time) / MONTH_MS
      );
    case 'address':
      return (ADDRESS_PER_HOUR * time) / HOUR_MS;
    case 'security-group':
    case 'security-group-rule':
    case 'spot-request':
      return 0;
  }
}
