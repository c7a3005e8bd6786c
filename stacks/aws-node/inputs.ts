/** What a request may say about an `aws-node`. Formats are those of the EC2 API; limits of sizes are AWS’s to judge. */
import { z } from '../define.js';
import { agent } from './agent-inputs.js';
import { securityGroup } from './network-inputs.js';
import { problemBesideAgent, USER_DATA_BYTES } from './user-data.js';
import { dataVolume, rootVolume } from './volume-inputs.js';

const id = (prefix: string, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}-[0-9a-f]{8,17}$`),
      `must be the id of ${what}, like ${prefix}-0123456789abcdef0`,
    );

const assumeRole = z.strictObject({
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of an IAM role'),
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2–1224 letters, digits or + = , . @ : / -')
    .optional(),
  sessionName: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2–64 letters, digits or + = , . @ -')
    .optional(),
});

const imageFilter = z.strictObject({
  owners: z
    .array(
      z
        .string()
        .regex(
          /^(?:\d{12}|self|amazon|aws-marketplace|aws-backup-vault)$/,
          'must be an account id, "self", "amazon" or "aws-marketplace"',
        ),
    )
    .min(1, 'must name at least one owner, or anybody’s image would do')
    .describe('Accounts that may own the image.'),
  name: z.string().min(1).max(128).describe('Name of the image; * and ? match as in EC2.'),
  architecture: z.enum(['x86_64', 'arm64', 'i386', 'x86_64_mac', 'arm64_mac']).optional(),
});

const spot = z.strictObject({
  maxPrice: z
    .string()
    .regex(/^\d{1,5}(?:\.\d{1,8})?$/, 'must be US dollars for an hour as a string, like "0.0310"')
    .optional()
    .describe('US dollars for an hour; the on-demand price when absent.'),
});

const metadata = z.strictObject({
  tokens: z.enum(['required', 'optional']).default('required').describe('`required` = IMDSv2 only.'),
  hopLimit: z
    .int()
    .min(1, 'must be 1–64')
    .max(64, 'must be 1–64')
    .default(1)
    .describe('2 for containers on the instance.'),
});

export const awsNodeInputs = z
  .strictObject({
    region: z.string().regex(/^[a-z]{2,3}(?:-[a-z]+)+-\d{1,2}$/, 'must be a region, like eu-central-1'),
    zone: z
      .string()
      .regex(/^[a-z]{2,3}(?:-[a-z0-9]+)+-\d{1,2}[a-z]$/, 'must be an availability zone, like eu-central-1a')
      .optional(),
    assumeRole: assumeRole
      .optional()
      .describe(
        'Role that the worker’s own credentials assume. Credentials themselves never come from a request.',
      ),
    ami: id('ami', 'an image').optional(),
    amiFilter: imageFilter.optional().describe('The most recent image that fits, instead of `ami`.'),
    instanceType: z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be an instance type, like m7g.large'),
    subnetId: id('subnet', 'a subnet').optional(),
    publicIp: z
      .boolean()
      .optional()
      .describe('A public address of the instance’s own; the subnet decides when absent.'),
    elasticIp: z.boolean().default(false).describe('An Elastic IP, released with the node.'),
    securityGroupIds: z.array(id('sg', 'a security group')).max(16).optional(),
    securityGroup: securityGroup.optional().describe('A security group of the node’s own.'),
    keyName: z.string().min(1).max(255).optional().describe('An existing key pair.'),
    instanceProfile: z
      .string()
      .regex(/^[\w+=,.@-]{1,128}$/, 'must be the name of an instance profile')
      .optional(),
    rootVolume: rootVolume.optional(),
    dataVolumes: z.array(dataVolume).max(26).default([]),
    userData: z.string().optional(),
    userDataBase64: z
      .base64()
      .optional()
      .describe('For binary user data, such as gzip; at most 16 KiB before encoding.'),
    agent: agent
      .optional()
      .describe(
        'Brings an agent that sends heartbeats and carries out commands; `{}` does. Needs `api.publicUrl`.',
      ),
    spot: spot.optional().describe('A one-time spot instance instead of an on-demand one.'),
    metadata: metadata.prefault({}),
  })
  .superRefine((inputs, context) => {
    const wrong = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if ((inputs.ami === undefined) === (inputs.amiFilter === undefined)) {
      wrong(['ami'], 'give either `ami` or `amiFilter`');
    }
    if (inputs.zone !== undefined && !inputs.zone.startsWith(inputs.region)) {
      wrong(['zone'], `must be a zone of ${inputs.region}`);
    }
    if (inputs.publicIp !== undefined && inputs.elasticIp) {
      wrong(['publicIp'], 'leave it out with `elasticIp`, which is the public address then');
    }
    if (inputs.securityGroup !== undefined && inputs.subnetId !== undefined && !inputs.securityGroup.vpcId) {
      wrong(['securityGroup', 'vpcId'], 'must name the VPC of the subnet');
    }
    if (inputs.userData !== undefined && inputs.userDataBase64 !== undefined) {
      wrong(['userDataBase64'], 'give either `userData` or `userDataBase64`');
    }
    if (Buffer.byteLength(inputs.userData ?? '') > USER_DATA_BYTES) {
      wrong(['userData'], `must be at most ${USER_DATA_BYTES} bytes; fetch more from within`);
    }
    if (Buffer.byteLength(inputs.userDataBase64 ?? '', 'base64') > USER_DATA_BYTES) {
      wrong(['userDataBase64'], `must be at most ${USER_DATA_BYTES} bytes before encoding`);
    }
    const problem = inputs.agent && problemBesideAgent(inputs.agent, inputs);
    if (problem !== undefined) wrong([problem.field], problem.message);
    const devices = inputs.dataVolumes.map(({ device }) => device);
    devices.forEach((device, index) => {
      if (devices.indexOf(device) < index) {
        wrong(['dataVolumes', index, 'device'], 'is taken by another volume');
      }
    });
  });

export type AwsNodeInputs = z.output<typeof awsNodeInputs>;
