/** Why a call to EC2 failed, as one code of the closed set. */
import { type ErrorCode, NodeyardError } from '../../../src/errors.js';

/** By EC2’s codes (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html) and the names of the SDK’s errors. */
const CODES: readonly (readonly [ErrorCode, RegExp])[] = [
  ['GONE', /^Invalid\w+\.NotFound$/],
  [
    'THROTTLED',
    /^(RequestLimitExceeded|Throttl\w*|TooManyRequests\w*|SlowDown|EC2ThrottledException|RequestThrottled\w*)$/,
  ],
  [
    'CREDENTIALS',
    /^(ExpiredToken\w*|RequestExpired|InvalidClientTokenId|SignatureDoesNotMatch|AuthFailure|MissingAuthenticationToken|IncompleteSignature|OptInRequired|CredentialsProviderError|TokenProviderError)$/,
  ],
  ['DENIED', /^(UnauthorizedOperation|AccessDenied\w*|OperationNotPermitted|Blocked|PendingVerification)$/],
  [
    'DEPENDENCY',
    /^(DependencyViolation|VolumeInUse|IncorrectState|IncorrectInstanceState|InvalidIPAddress\.InUse|ResourceInUse\w*)$/,
  ],
];

const WORDS_CHARS = 300;

/**
 * The SDK’s error is not kept as the cause: with its response it holds the request, and with that the credentials. EC2’s words
 * about a signature repeat what was signed, so of those only the code is told.
 */
export function failureOf(call: string, error: unknown, redact: (text: string) => string): NodeyardError {
  if (error instanceof NodeyardError) return error;
  const { name = 'Error', message = '', status } = partsOf(error);
  const code = CODES.find(([, names]) => names.test(name))?.[0] ?? codeOfStatus(status);
  const words = code === 'CREDENTIALS' ? '' : `: ${redact(message).slice(0, WORDS_CHARS)}`;
  return new NodeyardError(code, `EC2 ${call}: ${name}${words}`);
}

function partsOf(error: unknown): { name?: string; message?: string; status?: number | undefined } {
  if (!(error instanceof Error)) return { message: String(error) };
  const { $metadata } = error as { $metadata?: { readonly httpStatusCode?: number } };
  return { name: error.name, message: error.message, status: $metadata?.httpStatusCode };
}

/** Without a status there was no answer. What EC2 refuses for a reason of its own is no fault of anybody’s request. */
const codeOfStatus = (status: number | undefined): ErrorCode =>
  status !== undefined && status >= 400 && status < 500 ? 'UNKNOWN' : 'NETWORK';

/** An answer that says too little to conclude anything from. */
export const nonsense = (call: string, what: string): NodeyardError =>
  new NodeyardError('NETWORK', `EC2 ${call}: the answer is not whole: ${what}`);
