import { describe, expect, it } from 'vitest';
import { hclString, inheritedCliConfig, mirrorCliConfig } from '../../src/terraform/cli-config.js';

describe('the CLI configuration', () => {
  it('a mirror directory alone works offline: no registry is named', () => {
    expect(mirrorCliConfig({ from: '/srv/mirror' })).toBe(
      'provider_installation {\n  filesystem_mirror {\n    path = "/srv/mirror"\n  }\n}\ndisable_checkpoint = true\n',
    );
  });

  it('a mirror URL gets the slash that Terraform insists on, and the registries when asked', () => {
    expect(mirrorCliConfig({ from: 'https://mirror.test/tf', direct: true })).toBe(
      'provider_installation {\n  network_mirror {\n    url = "https://mirror.test/tf/"\n  }\n  direct {}\n}\ndisable_checkpoint = true\n',
    );
  });

  it.each(['mirror', './mirror', 'http://mirror.test/', 'file:///mirror', '', '/a\nb', '/a${b}'])(
    'refuses the mirror %j by name',
    (from) => {
      expect(() => mirrorCliConfig({ from })).toThrowError(
        expect.objectContaining({ code: 'CONFIG_INVALID', field: 'terraform.providerMirror' }),
      );
    },
  );

  it('quotes and backslashes stay characters', () => {
    expect(hclString('/a"b\\c $d')).toBe('"/a\\"b\\\\c $d"');
  });

  it('the file of the worker’s environment is used only where it exists', () => {
    const env = { TF_CLI_CONFIG_FILE: '/somewhere/terraformrc' };
    expect(inheritedCliConfig(env, () => true)).toBe('/somewhere/terraformrc');
    expect(inheritedCliConfig(env, () => false)).toBeUndefined();
    expect(inheritedCliConfig({}, () => true)).toBeUndefined();
  });
});
