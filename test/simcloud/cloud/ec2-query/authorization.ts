/** Who asks, and where: Signature Version 4 says the region. The signature itself is believed. */
import { CloudRefusal } from '../errors.js';

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 .*\bCredential=[^/,\s]+\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request\b/;

/** Throws a refusal without a signature, or with one for another service. */
export function regionOf(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new CloudRefusal('MissingAuthenticationToken', 'The request must contain valid credentials.', 403);
  }
  const [, region, service] = CREDENTIAL.exec(authorization) ?? [];
  if (region === undefined || !/\bSignature=[0-9a-f]{64}\b/.test(authorization)) {
    throw new CloudRefusal('IncompleteSignature', 'The request signature does not conform to AWS standards.');
  }
  if (service !== 'ec2') {
    throw new CloudRefusal(
      'SignatureDoesNotMatch',
      "Credential should be scoped to correct service: 'ec2'.",
      403,
    );
  }
  return region;
}
