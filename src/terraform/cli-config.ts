/** Terraform’s own configuration (`TF_CLI_CONFIG_FILE`): where providers are installed from. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { NodeyardError } from '../errors.js';
import type { Environment } from './env.js';

export interface ProviderMirror {
  /** An absolute directory in Terraform’s mirror layout, or an https URL of a network mirror. */
  readonly from: string;
  /** Also ask the registries. Without it nothing but the mirror is asked: it works offline. */
  readonly direct?: boolean;
}

/** The text of a configuration that installs from a mirror. Source: developer.hashicorp.com/terraform/cli/config/config-file. */
export function mirrorCliConfig({ from, direct = false }: ProviderMirror): string {
  return [
    'provider_installation {',
    ...mirrorBlock(from),
    ...(direct ? ['  direct {}'] : []),
    '}',
    'disable_checkpoint = true',
    '',
  ].join('\n');
}

function mirrorBlock(from: string): string[] {
  if (isAbsolute(from)) return ['  filesystem_mirror {', `    path = ${hclString(from)}`, '  }'];
  if (!URL.canParse(from) || new URL(from).protocol !== 'https:') {
    throw new NodeyardError(
      'CONFIG_INVALID',
      'The provider mirror must be an absolute directory or an https URL; Terraform takes no others.',
      { field: 'terraform.providerMirror' },
    );
  }
  const url = from.endsWith('/') ? from : `${from}/`;
  return ['  network_mirror {', `    url = ${hclString(url)}`, '  }'];
}

/** A quoted string of HCL 1, the language of this file, which has no escape for an interpolation: that is refused. */
export function hclString(text: string): string {
  if (/\p{Cc}|\$\{/u.test(text)) {
    throw new NodeyardError(
      'CONFIG_INVALID',
      'The provider mirror must contain neither control characters nor "${".',
      { field: 'terraform.providerMirror' },
    );
  }
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The parent’s own file, only where it exists: Terraform warns on every run about one that does not. */
export function inheritedCliConfig(parent: Environment, exists = existsSync): string | undefined {
  const file = parent['TF_CLI_CONFIG_FILE'];
  return file !== undefined && file !== '' && exists(file) ? file : undefined;
}
