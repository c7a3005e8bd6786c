/** What a request may say about a security group of the node’s own. */
import { isIPv4, isIPv6 } from 'node:net';
import { z } from '../define.js';

const isCidr = (text: string, isAddress: (address: string) => boolean, bits: number): boolean => {
  const [address = '', length = '', ...rest] = text.split('/');
  return rest.length === 0 && isAddress(address) && /^\d{1,3}$/.test(length) && Number(length) <= bits;
};

const port = z.int().min(-1, 'must be −1–65535').max(65_535, 'must be −1–65535');

/** EC2 takes only these in descriptions of groups and rules. */
const description = z
  .string()
  .min(1)
  .max(255)
  .regex(
    /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]+$/,
    'must be letters, digits, spaces or . _ - : / ( ) # , @ [ ] + = & ; { } ! $ *',
  );

const rule = z
  .strictObject({
    protocol: z
      .enum(['tcp', 'udp', 'icmp', 'icmpv6', 'all'])
      .describe('`all` is every protocol and every port.'),
    fromPort: port.optional().describe('First port, or ICMP type; −1 = all types.'),
    toPort: port.optional().describe('Last port, or ICMP code; −1 = all codes.'),
    cidrIpv4: z
      .string()
      .refine((text) => isCidr(text, isIPv4, 32), 'must be an IPv4 range, like 10.0.0.0/8')
      .optional(),
    cidrIpv6: z
      .string()
      .refine((text) => isCidr(text, isIPv6, 128), 'must be an IPv6 range, like ::/0')
      .optional(),
    prefixListId: z
      .string()
      .regex(/^pl-[0-9a-f]{8,17}$/, 'must be the id of a prefix list')
      .optional(),
    securityGroupId: z
      .string()
      .regex(/^sg-[0-9a-f]{8,17}$/, 'must be the id of a security group')
      .optional(),
    description: description.optional(),
  })
  .superRefine((rule, context) => {
    const wrong = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    const peers = [rule.cidrIpv4, rule.cidrIpv6, rule.prefixListId, rule.securityGroupId];
    if (peers.filter((peer) => peer !== undefined).length !== 1) {
      wrong('cidrIpv4', 'give exactly one of `cidrIpv4`, `cidrIpv6`, `prefixListId` and `securityGroupId`');
    }
    if (rule.protocol === 'all') {
      if (rule.fromPort !== undefined) wrong('fromPort', 'leave it out with protocol `all`');
      if (rule.toPort !== undefined) wrong('toPort', 'leave it out with protocol `all`');
      return;
    }
    if (rule.fromPort === undefined) wrong('fromPort', `must be given for ${rule.protocol}`);
    if (rule.toPort === undefined) wrong('toPort', `must be given for ${rule.protocol}`);
    if (rule.fromPort === undefined || rule.toPort === undefined || rule.protocol.startsWith('icmp')) return;
    if (rule.fromPort < 0) wrong('fromPort', 'must be 0–65535');
    if (rule.toPort < rule.fromPort) wrong('toPort', 'must not be below `fromPort`');
  });

export const securityGroup = z.strictObject({
  vpcId: z
    .string()
    .regex(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC')
    .optional()
    .describe('The default VPC when absent.'),
  description: description.optional(),
  ingress: z.array(rule).max(60).default([]),
  egress: z.array(rule).max(60).optional().describe('Everything may leave when absent; [] = nothing.'),
});

export type SecurityGroupInputs = z.output<typeof securityGroup>;
export type RuleInputs = z.output<typeof rule>;
