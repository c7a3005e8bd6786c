/** How one simulated cloud behaves. Times are milliseconds. */
import { z } from 'zod';

const ms = z.int().min(0);
const most = z.int().min(0);

const image = z.strictObject({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  ownerAlias: z.string().optional(),
  architecture: z.string().default('x86_64'),
  createdAt: z.iso.datetime().default('2026-01-15T00:00:00Z'),
});

export const cloudSettings = z.strictObject({
  /** From `RunInstances` to `running`. */
  bootMs: ms.default(60),
  /** From `TerminateInstances` to `terminated`. */
  terminateMs: ms.default(60),
  /** Stopping and starting, attaching and detaching, the making of a volume. */
  changeMs: ms.default(20),
  /** Per region. */
  quotas: z
    .strictObject({
      instances: most.default(1000),
      volumes: most.default(5000),
      addresses: most.default(1000),
      securityGroups: most.default(2500),
    })
    .prefault({}),
  /** Roles that may be assumed, each with the external id that it wants; any of any account when absent. */
  roles: z.array(z.strictObject({ arn: z.string(), externalId: z.string().optional() })).optional(),
  /** How long the credentials of a role are good. */
  sessionMs: ms.default(3_600_000),
  /** The account has whatever a request names (images, subnets, groups, keys, …), but for these ids and names. */
  missing: z.array(z.string()).default([]),
  images: z.array(image).prefault([
    {
      id: 'ami-0a11ce0000000001a',
      name: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260115',
      owner: '099720109477',
    },
    {
      id: 'ami-0a11ce0000000002a',
      name: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260115',
      owner: '099720109477',
      architecture: 'arm64',
    },
    {
      id: 'ami-0a11ce0000000003a',
      name: 'al2023-ami-2023.9.20260115.0-kernel-6.12-x86_64',
      owner: '137112412989',
      ownerAlias: 'amazon',
    },
  ]),
});

export type CloudSettings = z.output<typeof cloudSettings>;
export type CloudSettingsInput = z.input<typeof cloudSettings>;
