/** How a call to the cloud goes wrong, by the choice of a step. */

/** The words by which nodeyard knows each class of error; see test/fixtures/diagnostics.ts. */
export const CLOUD_WORDS = {
  throttled: 'api error RequestLimitExceeded: Request limit exceeded.',
  capacity: 'api error InsufficientInstanceCapacity: There is no such machine here now.',
  network: 'api error InternalError: An internal error has occurred.',
  provider: 'Plugin did not respond',
  credentials: 'api error ExpiredToken: The security token included in the request is expired',
  denied: 'api error UnauthorizedOperation: You are not authorized to perform this operation.',
  quota: 'api error VcpuLimitExceeded: You have requested more vCPU capacity than your limit allows.',
} as const;
export type CloudFault = keyof typeof CLOUD_WORDS;
export const CLOUD_FAULTS = Object.keys(CLOUD_WORDS) as CloudFault[];

/**
 * `fails`: nothing was done. `lost`: done, and Terraform does not know. `partial`: made, known, and not as it should be. What does
 * not call the cloud goes well with any of them.
 */
export type Twist =
  | { readonly how: 'well' }
  | { readonly how: 'fails' | 'lost' | 'partial'; readonly fault: CloudFault };

export const WELL: Twist = { how: 'well' };
