/**
 * The real Terraform of the tests: what NODEYARD_TERRAFORM_BINARY names (a path, or a name on the PATH), else `terraform`, else
 * `tofu`, found as a worker finds it. So `NODEYARD_TERRAFORM_BINARY=tofu npm test` runs every test with OpenTofu.
 */
import { findTerraform } from '../../src/terraform/binary.js';

const setting = process.env['NODEYARD_TERRAFORM_BINARY'] || undefined;

export const realTerraform = await findTerraform({
  setting,
  searchPath: process.env['PATH'] ?? '',
  env: process.env,
});
export const REAL_TERRAFORM = realTerraform.path;

/** For a worker whose environment a test makes anew; empty where it finds the same one by itself. */
export const TERRAFORM_SETTINGS: Readonly<Record<string, string>> =
  setting === undefined ? {} : { NODEYARD_TERRAFORM_BINARY: realTerraform.path };
