/** Who asks, whom and where: Signature Version 4 says it. The signature itself is believed. */
import type { IncomingHttpHeaders } from 'node:http';
import type { SessionKeys } from '../../api.js';
import { CloudRefusal } from '../errors.js';

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 .*\bCredential=([^/,\s]+)\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request\b/;

export interface Signed {
  readonly region: string;
  readonly service: 'ec2' | 'sts';
  readonly session?: SessionKeys;
}

/** Throws a refusal without a signature, with one for another service, or with a role’s key that comes without its token. */
export function signedBy(headers: IncomingHttpHeaders): Signed {
  const { authorization } = headers;
  if (authorization === undefined) {
    throw new CloudRefusal('MissingAuthenticationToken', 'The request must contain valid credentials.', 403);
  }
  const [, accessKeyId, region, service] = CREDENTIAL.exec(authorization) ?? [];
  if (
    accessKeyId === undefined ||
    region === undefined ||
    !/\bSignature=[0-9a-f]{64}\b/.test(authorization)
  ) {
    throw new CloudRefusal('IncompleteSignature', 'The request signature does not conform to AWS standards.');
  }
  if (service !== 'ec2' && service !== 'sts') {
    throw new CloudRefusal(
      'SignatureDoesNotMatch',
      "Credential should be scoped to correct service: 'ec2'.",
      403,
    );
  }
  const token = headers['x-amz-security-token'];
  const temporary = typeof token === 'string' || accessKeyId.startsWith('ASIA');
  return { region, service, ...(temporary ? { session: { accessKeyId, token: String(token) } } : {}) };
}
