/** What a request may say about volumes. Which type takes which performance setting is in EC2’s volume types page. */
import { z } from '../define.js';

const VOLUME_TYPES = ['gp3', 'gp2', 'io1', 'io2', 'st1', 'sc1', 'standard'] as const;
const TYPES_WITH_IOPS: readonly string[] = ['io1', 'io2', 'gp3'];
const TYPES_THAT_NEED_IOPS: readonly string[] = ['io1', 'io2'];

const common = {
  type: z.enum(VOLUME_TYPES).default('gp3'),
  encrypted: z.boolean().default(true),
  kmsKeyId: z
    .string()
    .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]{1,64}$/, 'must be the ARN of a KMS key')
    .optional()
    .describe('The account’s default key for EBS when absent.'),
  iops: z.int().min(100, 'must be at least 100').max(256_000, 'must be at most 256000').optional(),
  throughputMiB: z
    .int()
    .min(125, 'must be at least 125 MiB/s')
    .max(2_000, 'must be at most 2000 MiB/s')
    .optional()
    .describe('MiB per second; only gp3.'),
};
const size = z.int().min(1, 'must be at least 1 GiB').max(65_536, 'must be at most 65536 GiB');

interface Performance {
  readonly type: (typeof VOLUME_TYPES)[number];
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly iops?: number | undefined;
  readonly throughputMiB?: number | undefined;
}

const fits = (volume: Performance, context: z.RefinementCtx): void => {
  const wrong = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (volume.iops !== undefined && !TYPES_WITH_IOPS.includes(volume.type)) {
    wrong('iops', `only volumes of type ${TYPES_WITH_IOPS.join(', ')} have it, not ${volume.type}`);
  }
  if (volume.iops === undefined && TYPES_THAT_NEED_IOPS.includes(volume.type)) {
    wrong('iops', `must be given for ${volume.type}`);
  }
  if (volume.throughputMiB !== undefined && volume.type !== 'gp3') {
    wrong('throughputMiB', `only volumes of type gp3 have it, not ${volume.type}`);
  }
  if (volume.kmsKeyId !== undefined && !volume.encrypted) {
    wrong('kmsKeyId', 'is of no use without encryption; set `encrypted` or leave it out');
  }
};

export const rootVolume = z
  .strictObject({ sizeGiB: size.optional().describe('The image’s own when absent.'), ...common })
  .superRefine((volume, context) => {
    fits(volume, context);
    if (volume.type === 'st1' || volume.type === 'sc1') {
      context.addIssue({ code: 'custom', path: ['type'], message: 'st1 and sc1 cannot be booted from' });
    }
  });

export const dataVolume = z
  .strictObject({
    device: z
      .string()
      .regex(
        /^(?:\/dev\/(?:sd|xvd)[b-z][a-z]?|xvd[b-z][a-z]?)$/,
        'must be a device other than the root’s, like /dev/sdf',
      ),
    sizeGiB: size.optional(),
    snapshotId: z
      .string()
      .regex(/^snap-[0-9a-f]{8,17}$/, 'must be the id of a snapshot')
      .optional(),
    ...common,
  })
  .superRefine((volume, context) => {
    fits(volume, context);
    if (volume.sizeGiB === undefined && volume.snapshotId === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['sizeGiB'],
        message: 'must be given, unless there is a snapshot',
      });
    }
  });
