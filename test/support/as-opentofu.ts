/**
 * A `tofu` for machines that have none: the real Terraform, which says that it is OpenTofu where it is asked for its version. It shows
 * that nothing of ours goes by the name; what OpenTofu does otherwise only OpenTofu shows.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REAL_TERRAFORM } from './terraform-binary.js';

export const OPENTOFU_VERSION = '1.9.0';

/** As `tofu version` and `tofu version -json` print it. */
const script = (platform: string): string => `#!/bin/sh
if [ "$1" != version ]; then exec '${REAL_TERRAFORM}' "$@"; fi
if [ "$2" = -json ]; then
  printf '{\\n  "terraform_version": "%s",\\n  "platform": "%s",\\n  "provider_selections": {}\\n}\\n' ${OPENTOFU_VERSION} ${platform}
else
  printf 'OpenTofu v%s\\non %s\\n' ${OPENTOFU_VERSION} ${platform}
fi
`;

/** Answers its path. */
export function installOpenTofu(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'tofu');
  writeFileSync(path, script(`${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`));
  chmodSync(path, 0o755);
  return path;
}
