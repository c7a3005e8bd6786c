/**
 * The marks by which diagnostics are told apart. Sources: the EC2 API’s list of error codes
 * (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html), the words of Terraform and OpenTofu in
 * `internal/command`, `internal/getproviders` and `internal/states`, those of go-plugin, and messages seen.
 *
 * `apiCode` is compared with the code that a cloud’s SDK printed (`api error <Code>:`); `text` with the whole
 * diagnostic. The first rule that fits names the code, so what is more particular stands first.
 */
import type { ErrorCode } from '../errors.js';
import type { Operation } from '../node/lifecycle.js';

export interface DiagnosticRule {
  readonly code: ErrorCode;
  readonly apiCode?: RegExp;
  readonly text?: RegExp;
  /** Only in this operation. */
  readonly on?: Operation;
}

export const DIAGNOSTIC_RULES: readonly DiagnosticRule[] = [
  // The machine.
  { code: 'DISK_FULL', text: /no space left on device|ENOSPC|disk quota exceeded/i },
  { code: 'OUT_OF_MEMORY', text: /cannot allocate memory|fatal error: (runtime: )?out of memory/i },

  // The initialized files, and the provider processes started from them.
  {
    code: 'BUNDLE',
    text: /text file busy|Required plugins are not installed|Inconsistent dependency lock file|Backend initialization required|Missing required provider$|does(n't| not) match any of the checksums|checksum mismatch|exec format error|Could not load plugin|failed to instantiate provider|Failed to load plugin schemas/im,
  },
  {
    code: 'PROVIDER',
    text: /Plugin did not respond|plugin crashed!|plugin (process )?exited|Unrecognized remote plugin message|timeout while waiting for plugin to start|The plugin encountered an error, and failed to respond|transport is closing|request was cancelled|Provider produced (inconsistent|invalid)/i,
  },

  // The state.
  { code: 'STATE_LOCKED', text: /Error acquiring the state lock|ConditionalCheckFailedException/i },
  {
    code: 'STATE_UNREADABLE',
    text: /state snapshot was created by (Terraform|OpenTofu) v?[\w.-]+, which is newer|Unsupported state file format|Invalid state file format|State file is empty|Resource instance managed by newer provider version/i,
  },

  // Credentials.
  {
    code: 'CREDENTIALS',
    apiCode:
      /^(ExpiredToken(Exception)?|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|AuthFailure|InvalidAccessKeyId|MissingAuthenticationToken(Exception)?|IncompleteSignature|InvalidIdentityToken|ExpiredTokenException|OptInRequired)$/,
  },
  {
    code: 'CREDENTIALS',
    text: /No valid credential sources|failed to refresh cached credentials|get credentials: |could not find default credentials|security token (included in the request )?is (expired|invalid)|IAM Role \(.*\) cannot be assumed|oauth2: .*(invalid_grant|token expired)|Unable to list provider registration status/i,
  },

  // Rate, room, limits: before "Unsupported" and the like, because their codes are exact.
  {
    code: 'THROTTLED',
    apiCode:
      /^(RequestLimitExceeded|Throttl\w*|TooManyRequests\w*|SlowDown|EC2ThrottledException|RequestThrottled\w*|PriorRequestNotComplete|BandwidthLimitExceeded)$/,
  },
  { code: 'THROTTLED', text: /rateLimitExceeded|RATE_LIMIT_EXCEEDED|Rate exceeded|Too Many Requests/i },
  {
    code: 'CAPACITY',
    apiCode:
      /^(Insufficient(Instance|Host|ReservedInstance|FreeAddresses\w*|Capacity)\w*|SpotMaxPriceTooLow|MaxSpotInstanceCountExceeded|UnfulfillableCapacity|Unsupported\.AvailabilityZone)$/,
  },
  {
    code: 'CAPACITY',
    text: /Insufficient(Instance|Host)Capacity|SpotMaxPriceTooLow|ZONE_RESOURCE_POOL_EXHAUSTED|SkuNotAvailable|AllocationFailed|OverconstrainedAllocationRequest/,
  },
  {
    code: 'QUOTA',
    apiCode:
      /^(\w*LimitExceeded(Exception)?|\w*QuotaExceeded(Exception)?|AddressLimitExceeded|ResourceCountExceeded)$/,
  },
  {
    code: 'QUOTA',
    text: /quotaExceeded|QUOTA_EXCEEDED|VolumeLimitExceeded|Quota '[^']+' exceeded|exceeding approved .* quota/i,
  },

  // What still hangs together.
  {
    code: 'DEPENDENCY',
    apiCode:
      /^(DependencyViolation|ResourceInUse\w*|VolumeInUse|IncorrectState|IncorrectInstanceState|InvalidIPAddress\.InUse|InvalidNetworkInterface\.InUse|DeleteConflict\w*|InvalidGroup\.InUse|OperationNotPermitted\.InUse)$/,
  },
  {
    code: 'DEPENDENCY',
    text: /resourceInUseByAnotherResource|has a dependent object|is currently in use by/i,
  },

  // Gone. A request that names something absent is wrong; a thing of ours that is absent has gone.
  {
    code: 'BAD_REQUEST',
    apiCode:
      /^(InvalidAMIID\.\w+|InvalidKeyPair\.\w+|InvalidSnapshot\.NotFound|InvalidLaunchTemplate\w*\.\w+|InvalidZone\.NotFound)$/,
  },
  {
    code: 'BAD_REQUEST',
    on: 'create',
    apiCode:
      /^(InvalidSubnetID\.NotFound|InvalidVpcID\.NotFound|InvalidGroup\.NotFound|InvalidSecurityGroupID\.NotFound)$/,
  },
  {
    code: 'GONE',
    on: 'destroy',
    apiCode: /^(Invalid\w+\.NotFound|NoSuch\w+|\w*NotFound(Exception)?|\w+DoesNotExist\w*)$/,
  },
  {
    code: 'GONE',
    on: 'destroy',
    text: /\bnotFound\b|ResourceNotFound|couldn't find resource|StatusCode: 404|Error 404/,
  },
  // Eventual consistency: created a moment ago, not yet known everywhere.
  { code: 'UNKNOWN', apiCode: /^(Invalid\w+\.NotFound|\w*NotFound(Exception)?)$/ },

  // Refused.
  {
    code: 'DENIED',
    apiCode:
      /^(UnauthorizedOperation|AccessDenied\w*|UnauthorizedAccess|Forbidden\w*|NotAuthorized\w*|OperationNotPermitted|Blocked|PendingVerification)$/,
  },
  // Names and rules of ours are the node’s alone: what has them already was made by a call of ours whose answer was lost. The run is
  // not sure of what it made, so the next one asks the cloud first.
  { code: 'NETWORK', on: 'create', apiCode: /^Invalid(Group|Permission)\.Duplicate$/ },
  {
    code: 'DENIED',
    text: /is not authorized to perform|PERMISSION_DENIED|AuthorizationFailed|insufficientPermissions|Encoded authorization failure message/i,
  },
  {
    code: 'BAD_REQUEST',
    apiCode:
      /^(InvalidParameter\w*|Invalid\w*\.Malformed|Unsupported\w*|MissingParameter|Malformed\w*|UnknownParameter|Validation(Error|Exception)|Invalid\w+|VolumeTypeNotAvailableInZone|DuplicateTagKey|\w+AlreadyExists\w*|InvalidKey\.Format|\w+\.Duplicate|\w+\.Conflict|EntityAlreadyExists\w*)$/,
  },
  {
    code: 'BAD_REQUEST',
    text: /Invalid value for|Your query returned (no results|more than one result)|expected [\w.]+ to be (one of|in the range|at least)|Incorrect attribute value type|Invalid combination of arguments|Resource (pre|post)condition failed|Invalid IAM Instance Profile/i,
  },

  // The stack’s own configuration, and what it asks of Terraform.
  {
    code: 'CONFIGURATION',
    text: /Missing required argument|Unsupported (argument|attribute|block type|Terraform Core version|OpenTofu Core version)|Extraneous JSON object property|Reference to undeclared|Invalid (reference|expression|function argument|index|resource type|data source|provider configuration|provider registry host|version constraint|object property name|required_providers)|Missing (value|resource instance key|newline)|Root value must be object|Duplicate \w+|^Cycle: |Conflicting configuration arguments|Insufficient [\w"]+ blocks|Too many [\w"]+ blocks|Failed to parse command-line flags|Error in function call|Provider configuration not present|was not found in any of the search locations|no available releases match|does not have a provider named|Failed to read .*configuration/im,
  },

  // The way there.
  {
    code: 'NETWORK',
    text: /connection (reset|refused|timed out)|TLS handshake timeout|i\/o timeout|\bEOF\b|context deadline exceeded|no such host|network is unreachable|no route to host|broken pipe|server misbehaving|temporary failure in name resolution|request send failed|Client\.Timeout|http2: |could not connect to|timeout while waiting for state|Failed to (query available provider packages|install provider)|x509: /i,
  },
  {
    code: 'NETWORK',
    apiCode:
      /^(InternalError|InternalFailure|InternalServiceError\w*|ServiceUnavailable\w*|Unavailable|RequestTimeout\w*|Server\.\w+)$/,
  },
];

/** Where only the HTTP status is known. */
export function codeOfStatus(status: number, operation: Operation): ErrorCode | undefined {
  if (status === 429) return 'THROTTLED';
  if (status === 401) return 'CREDENTIALS';
  if (status === 403) return 'DENIED';
  if (status === 404) return operation === 'destroy' ? 'GONE' : 'UNKNOWN';
  if (status === 409) return 'DEPENDENCY';
  if (status === 400 || status === 422) return 'BAD_REQUEST';
  if (status === 408 || status >= 500) return 'NETWORK';
  return undefined;
}

/**
 * Which of several errors decides. What breaks the judge comes before what it judged: a full disk, a dead provider or
 * expired credentials make healthy requests look wrong, and a retry shows what was really wrong. Then what trying again
 * cannot help, then what needs patience, then what needs only another try. GONE is last, because it means success, and
 * that only when nothing else went wrong.
 */
export const DECIDING_ORDER: readonly ErrorCode[] = [
  'DISK_FULL',
  'OUT_OF_MEMORY',
  'BUNDLE',
  'PROVIDER',
  'STATE_LOCKED',
  'CREDENTIALS',
  'STATE_UNREADABLE',
  'CONFIGURATION',
  'DENIED',
  'BAD_REQUEST',
  'QUOTA',
  'CAPACITY',
  'THROTTLED',
  'DEPENDENCY',
  'NETWORK',
  'UNKNOWN',
  'GONE',
];
